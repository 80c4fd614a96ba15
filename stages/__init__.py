"""The stages of the pipeline, one module each: params and inputs in, `rnn`, outputs."""
