"""A classifier of texts: words, their embedding, recurrent layers."""

from tsrnn.text.classifier import TextRNNClassifier

__all__ = ["TextRNNClassifier"]
