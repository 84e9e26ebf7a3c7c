package org.peft4j.transformers.tokenizer;

/** Takes away the spaces that WordPiece and Unigram models decode before English punctuation. */
final class Cleanup {
  private static final String[][] REPLACEMENTS = {
    {" .", "."},
    {" ?", "?"},
    {" !", "!"},
    {" ,", ","},
    {" ' ", "'"},
    {" n't", "n't"},
    {" 'm", "'m"},
    {" 's", "'s"},
    {" 've", "'ve"},
    {" 're", "'re"}
  };

  private Cleanup() {}

  static String of(String text) {
    String result = text;
    for (String[] replacement : REPLACEMENTS) {
      result = result.replace(replacement[0], replacement[1]);
    }
    return result;
  }
}
