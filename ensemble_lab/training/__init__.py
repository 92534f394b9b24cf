"""Training: from a member's spec and arrays of examples to weights and probabilities.

::

    spec ─► architectures (layers) ─► network ─► steps_<backend> ─► fit ─► infer
              plan counts them          epoch draws what each step takes ┘

The one place that imports Keras. `architectures` and `plan` describe without it; the files
`steps_*` are the only ones that name a backend, and `backends` picks one of them; `worker` is
the process that trains one member. What it trains is a net (`nets`) or a model of scikit-learn
(`classic`), which `trainers` picks. Members that differ in nothing but seeds, rates and
schedules (`stacks`) may train together instead: `stacked_worker` is the process, `fit_stack`,
`stack_machines` and `steps_stacked` what `fit`, `machines` and the steps are for one.
"""
