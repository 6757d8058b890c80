"""The paper's experiments on our data, one command each."""
