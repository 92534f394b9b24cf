import pytest

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.experiment import parse_experiment
from ensemble_lab.spec.presets import PRESETS, find_preset, load_preset

DATA = 'name = "zoo"\ndata = { name = "mnist" }\n'


def parse(groups, data=DATA):
    return parse_experiment(data + groups, source="zoo.toml")


def refuse(groups, data=DATA):
    with pytest.raises(SpecError) as caught:
        parse(groups, data)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_preset_gives_architecture_recipe_and_group():
    group = parse('[[members]]\npreset = "keras-cnn"\nseeds = [0]').members[0]
    assert group.group == "keras-cnn"
    assert group.architecture == PRESETS["keras-cnn"].architecture
    assert (group.optimizer.name, group.optimizer.rate, group.epochs) == ("adadelta", 1.0, 12)


def test_what_a_group_says_comes_before_its_preset():
    member = '[[members]]\npreset = "cnn3"\ngroup = "short"\nepochs = 2\nseeds = [0]'
    group = parse(member).members[0]
    assert (group.group, group.epochs, group.optimizer.name) == ("short", 2, "rmsprop")


def test_preset_comes_before_the_defaults_even_where_it_has_a_default_value():
    # cnn3's epochs are 10, which is also what a recipe has unless told.
    defaults = "[defaults]\nepochs = 3\nthreads = 2\n"
    group = parse(defaults + '[[members]]\npreset = "cnn3"\nseeds = [0]').members[0]
    assert (group.epochs, group.threads) == (10, 2)


def test_defaults_say_what_no_preset_says():
    defaults = '[defaults]\nbackend = "jax"\nepoch_votes = true\n'
    groups = '[[members]]\npreset = "cnn3"\nseeds = [0]\n'
    group = parse(defaults + groups).members[0]
    assert (group.backend, group.epoch_votes) == ("jax", True)


def test_preset_belongs_in_a_group():
    message = refuse('[defaults]\npreset = "cnn3"\n[[members]]\nseeds = [0]')
    assert "defaults must not hold 'preset'" in message


def test_preset_written_out_is_the_same_experiment():
    short = parse('[[members]]\npreset = "mlp-256"\nseeds = [0]')
    long = parse(
        '[[members]]\ngroup = "mlp-256"\narchitecture = { name = "mlp", hidden = [256] }\n'
        'epochs = 10\nbatch_size = 128\noptimizer = { name = "rmsprop" }\nseeds = [0]'
    )
    assert short.digest == long.digest


@pytest.mark.parametrize(
    ("line", "facts"),
    [
        (
            'preset = "cnn33"',
            ["keras-cnn", "got 'cnn33', in zoo.toml:members[0].preset; did you mean 'cnn3'?"],
        ),
        ("preset = 3", ["preset must be a name", "got 3", "members[0].preset"]),
        ('preset = "cnn3"\nepoch = 3', ["epoch is no key", "'epochs'?"]),
        (
            'preset = "uncentred-mlp"',
            ["data.canvas must be { size = 56, largest_offset = 27 }", "got absent"],
        ),
    ],
)
def test_wrong_preset_is_answered_in_one_line(line, facts):
    message = refuse(f"[[members]]\n{line}\nseeds = [0]")
    for fact in facts:
        assert fact in message


def test_preset_for_plain_images_is_refused_on_a_canvas():
    data = 'name = "zoo"\ndata = { name = "mnist", canvas = { size = 56 } }\n'
    message = refuse('[[members]]\npreset = "cnn3"\nseeds = [0]', data)
    assert "data.canvas must be absent for preset 'cnn3'; got { size = 56 }" in message


def test_every_preset_is_found_again_whatever_its_seed_and_epochs():
    for name, preset in PRESETS.items():
        canvas = ", canvas = { size = 56, largest_offset = 27, seed = 9 }" if preset.canvas else ""
        data = f'name = "zoo"\ndata = {{ name = "mnist"{canvas} }}\n'
        epochs = "epochs = 3\n" if preset.backend != "scikit-learn" else ""
        group = f'[[members]]\npreset = "{name}"\ngroup = "x"\n{epochs}seeds = [5]'
        experiment = parse(group, data)
        assert find_preset(experiment.expand()[0], experiment.data.canvas) is preset


def test_changed_recipe_is_no_preset():
    group = '[[members]]\npreset = "cnn3"\nbatch_size = 64\nseeds = [0]'
    assert find_preset(parse(group).expand()[0]) is None


def test_canvas_tells_two_presets_of_one_net_apart():
    spec = parse('[[members]]\npreset = "mlp-512-256"\nseeds = [0]').expand()[0]
    uncentred = PRESETS["uncentred-mlp"]
    assert find_preset(spec).name == "mlp-512-256"
    assert find_preset(spec, uncentred.canvas) is uncentred
    assert find_preset(spec, uncentred.canvas.model_copy(update={"size": 60})) is None


def test_load_preset_lists_the_choices():
    with pytest.raises(SpecError, match="did you mean 'light'"):
        load_preset("lite")


def test_published_figures_say_how_they_were_chosen():
    published = [each for preset in PRESETS.values() for each in preset.published]
    assert published
    assert all(each.figure and each.source and each.how_chosen for each in published)


def test_one_group_has_one_recipe():
    groups = (
        '[[members]]\npreset = "cnn3"\nseeds = [0]\n'
        '[[members]]\npreset = "cnn3"\nseeds = [1]\nepochs = 2\n'
    )
    assert "differ in nothing but the seed; group 'cnn3' has two recipes" in refuse(groups)
    assert len(parse(groups.replace("epochs = 2", "epochs = 10")).expand()) == 2
