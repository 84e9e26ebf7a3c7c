package org.peft4j.train;

import java.util.Arrays;
import org.peft4j.train.Preference.Pair;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.TrainingData;

/** Pairs of equally many chosen and rejected sequences. */
record Preferences(TrainingData chosen, TrainingData rejected) implements Examples<Preference> {
  @Override
  public int size() {
    return chosen.size();
  }

  @Override
  public Preference batch(int... rows) {
    return new Preference(
        Arrays.stream(rows)
            .mapToObj(row -> new Pair(chosen.batch(row), rejected.batch(row)))
            .toList());
  }

  @Override
  public long checksum() {
    return 31 * chosen.checksum() + rejected.checksum();
  }
}
