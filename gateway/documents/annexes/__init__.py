"""Annexes A (measurement) and B (payment) of a contract, as Danish pages to print and as a Word file.

`measurement` and `payment` say it in blocks, `examples` reckons with the tariffs themselves, `whole` puts it together;
`blocks` writes HTML and `docx_file` Word, so that both hold the same words.
"""
