"""The vote: what each member says, counted, scored and settled into one class an example."""
