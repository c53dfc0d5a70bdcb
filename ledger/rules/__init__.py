"""Say what the law allows, one pure module per verb: facts in, refusal out."""
