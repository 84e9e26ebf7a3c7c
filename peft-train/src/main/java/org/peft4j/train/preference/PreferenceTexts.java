package org.peft4j.train.preference;

import org.peft4j.train.data.table.Row;

/**
 * The texts of a row of answers.
 *
 * @param prompt both answers' own
 * @param chosen the better answer
 * @param rejected the worse answer
 */
record PreferenceTexts(String prompt, String chosen, String rejected) {
  /** Fails if a row has not two answers. */
  static void requireAnswers(Row row) {
    if (!(row.has("chosen") && row.has("rejected"))) {
      throw row.problem(
          "has not both of \"chosen\" and \"rejected\", the better and the worse answer to a"
              + " \"prompt\". Its fields: "
              + row.fieldsForMessages()
              + ".");
    }
  }

  static PreferenceTexts of(Row row) {
    String chosen = row.text("chosen");
    String rejected = row.text("rejected");
    if (row.has("prompt")) {
      return new PreferenceTexts(row.text("prompt"), chosen, rejected);
    }
    if (chosen.isEmpty() || rejected.isEmpty()) {
      throw row.problem(
          "has no \"prompt\", and an answer is empty, so that there is no text at all.");
    }
    return common(chosen, rejected);
  }

  /**
   * Texts that begin with the prompt that they have in common, as those of hh-rlhf: what both begin
   * with is the prompt, but for a space at its end. Where one goes on with the other, its last
   * character is left to the answers. TRL's {@code extract_prompt} does the same.
   */
  static PreferenceTexts common(String chosen, String rejected) {
    int[] first = chosen.codePoints().toArray();
    int[] second = rejected.codePoints().toArray();
    int shorter = Math.min(first.length, second.length);
    int at = 0;
    while (at < shorter - 1 && first[at] == second[at]) {
      at++;
    }
    if (at > 0 && first[at] != second[at] && first[at - 1] == ' ') {
      at--;
    }
    int prompt = chosen.offsetByCodePoints(0, at);
    return new PreferenceTexts(
        chosen.substring(0, prompt), chosen.substring(prompt), rejected.substring(prompt));
  }
}
