"""What the registry can be asked: one function a question, over one connection, never a change.

Whoever asks says for whom (`Scope`) and how much (`Page`). What is not there and what is not yours
are the same answer: None, or nothing in a list.
"""
