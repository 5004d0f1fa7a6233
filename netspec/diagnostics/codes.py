"""The closed set of diagnostic codes.

A code is stable: it is never given a second meaning. The hundreds group them by stage:
01 text, 02 document, 03 shapes, 04 expressions, 05 names and flow, 06 sharing and weights,
07 inheritance and overrides, 08 training, 09 files and commands. Each lint defines its own code, from NS2001 on.
"""

from enum import Enum

from netspec.objects.immutable import immutable


@immutable
class LintCode:
    """The code of a lint, such as ``NS2001``, and a short title of its finding."""

    number: str
    title: str


class Code(Enum):
    """A diagnostic code and the one-line title of its documentation."""

    YAML_SYNTAX = ("NS0101", "the text is not YAML")
    DUPLICATE_KEY = ("NS0102", "a key is written twice")
    BROKEN_EXPRESSION_TEXT = ("NS0103", "YAML cut an expression short")
    EXPANSION_TOO_LARGE = ("NS0104", "aliases expand beyond the bound")
    NOT_A_MAPPING = ("NS0105", "the document is not a mapping")
    BAD_KEY = ("NS0106", "a key is not text")

    FOREIGN_FILE = ("NS0110", "the file is of another format")

    UNKNOWN_KEY = ("NS0201", "unknown key")
    MISSING_KEY = ("NS0202", "a required key is missing")
    WRONG_TYPE = ("NS0203", "a value has the wrong type")
    UNKNOWN_LAYER = ("NS0204", "unknown layer, block or part of a recipe")
    UNKNOWN_OPTION = ("NS0205", "unknown option")
    MISSING_OPTION = ("NS0206", "a required option is missing")
    BAD_OPTION = ("NS0207", "an option has a value that is refused")
    BAD_NAME = ("NS0208", "a name is not allowed")
    BAD_ENTRY = ("NS0209", "an entry cannot be read")
    RECURSIVE_BLOCK = ("NS0210", "a block calls itself")
    CONFLICTING_KEYS = ("NS0211", "keys exclude each other")

    BAD_RANK = ("NS0301", "the input has the wrong number of axes")
    KERNEL_TOO_LARGE = ("NS0302", "the kernel is larger than its input")
    GROUPS_DO_NOT_DIVIDE = ("NS0303", "groups do not divide the channels")
    UNEQUAL_SHAPES = ("NS0304", "shapes that must agree do not")
    EMPTY_OUTPUT = ("NS0305", "an axis would be empty")
    BAD_RESHAPE = ("NS0306", "the number of elements changes")
    BAD_AXIS = ("NS0307", "an axis does not exist")
    WRONG_DTYPE = ("NS0308", "the input has the wrong element type")
    WRONG_INPUT_COUNT = ("NS0309", "the wrong number of inputs")
    DYNAMIC_WEIGHT = ("NS0310", "a weight depends on a dynamic axis")
    OTHER_RANK = ("NS0311", "an input is given another number of axes")

    EXPRESSION_SYNTAX = ("NS0401", "the expression cannot be parsed")
    EXPRESSION_FORBIDDEN = ("NS0402", "the expression uses what is not allowed")
    UNKNOWN_VARIABLE = ("NS0403", "the expression names an unknown value")
    EXPRESSION_FAILED = ("NS0404", "the expression has no value")
    EXPRESSION_BOUND = ("NS0405", "the expression exceeds a bound")

    UNKNOWN_REFERENCE = ("NS0501", "`from` names nothing")
    DUPLICATE_PATH = ("NS0502", "a module path is used twice")
    UNUSED_OUTPUT = ("NS0503", "an output is used by nobody")
    AMBIGUOUS_FLOW = ("NS0504", "several values flow here: say `from`")
    BAD_REPEAT = ("NS0505", "a repeat cannot be unrolled")
    BAD_TARGETS = ("NS0506", "`to` does not fit the results")
    BAD_SIDE_BRANCH = ("NS0507", "a side branch stands where it cannot")
    EMPTY_NETWORK = ("NS0508", "the network has no layers")
    TOO_LARGE = ("NS0509", "a tensor is larger than torch can hold")
    BAD_DETECTOR = ("NS0510", "the network is not what its detector needs")

    BAD_REUSE = ("NS0601", "`reuse` cannot call that module")
    BAD_TIE = ("NS0602", "`tie` cannot join these weights")
    BAD_INIT = ("NS0603", "`init` cannot be applied")
    WEIGHTS_MISMATCH = ("NS0604", "the weights do not fit")
    BAD_WEIGHTS = ("NS0605", "the section `weights` is wrong")

    EXTENDS_NOT_FOUND = ("NS0701", "`extends` finds no such spec")
    EXTENDS_CYCLE = ("NS0702", "`extends` goes in a circle")
    UNKNOWN_SETTING = ("NS0703", "`--set` names nothing in the spec")
    BAD_SETTING = ("NS0704", "`--set` cannot be read")
    UNKNOWN_PARAM = ("NS0705", "the spec that is extended has no such param")

    BAD_RECIPE = ("NS0801", "the training recipe is wrong")
    DATA_NOT_FOUND = ("NS0802", "the data set is not there")
    DATA_BROKEN = ("NS0803", "the data set is broken")
    DATA_MISMATCH = ("NS0804", "the data do not fit the network")
    TRAINING_FAILED = ("NS0805", "training stopped")
    NOT_RESUMABLE = ("NS0806", "the run cannot be resumed")
    LONE_EXAMPLE = ("NS0815", "a batch would have one example, and a normalisation needs more")

    FILE_NOT_FOUND = ("NS0901", "no such spec")
    FILE_UNREADABLE = ("NS0902", "the file cannot be read")
    FILE_UNWRITABLE = ("NS0903", "the file cannot be written")
    TORCH_MISSING = ("NS0904", "a library that this needs is not installed")
    BUDGET_EXCEEDED = ("NS0905", "the network exceeds its budget")
    PLUGIN_FAILED = ("NS0906", "a plugin fails")
    WEIGHTS_UNAVAILABLE = ("NS0907", "the weights cannot be fetched")
    REFERENCE_FAILED = ("NS0908", "the reference network fails")
    EXPORT_FAILED = ("NS0909", "the network cannot be exported")
    EXPORT_DIFFERS = ("NS0910", "the exported network differs")
    UNKNOWN_FORMAT = ("NS0911", "no such format")
    UNTRUE_SOURCE = ("NS0912", "the generated source is not what the spec says")
    NOT_RUNNABLE = ("NS0913", "the network cannot be run here")
    STRANGE_MEMBER = ("NS0925", "a folder of netspec's holds what is not its own")
    FOREIGN_TARGET = ("NS0920", "a plugin's layer cannot be built")
    NAME_CLASH = ("NS0921", "a plugin's name has another meaning in built source")

    @property
    def number(self) -> str:
        """The stable code, such as ``NS0302``."""
        return self.value[0]

    @property
    def title(self) -> str:
        """A short description of the error."""
        return self.value[1]
