package org.peft4j.train;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.method.RandomMasks;
import org.peft4j.train.parallel.SameTraining;
import org.peft4j.train.parallel.Workers;
import org.peft4j.transformers.Transformers;

/** What the workers of a run must agree on between its steps. */
record SharedRun(Workers workers) {
  private static final byte[] YES = {1};
  private static final byte[] NO = {0};

  /** Makes sure that all train the same. */
  void requireSame(Training<?> training) {
    if (workers.size() == 1) {
      return;
    }
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("the library's version", version());
    facts.put("the objective", training.objective().getClass().getName());
    facts.put("the number of steps", Long.toString(training.data().steps()));
    facts.put("the data", Long.toHexString(training.data().checksum()));
    facts.put("the active adapters", training.model().active().toString());
    training
        .model()
        .active()
        .forEach(name -> facts.put("adapter " + name, oneLine(training.model().config(name))));
    Transformers.architecture(training.model().base())
        .ifPresent(base -> facts.put("the model's architecture", hash(words(base.toString()))));
    facts.put("the model's sites", hash(training.model().sites().toString().hashCode()));
    training.saved().values().forEach((name, value) -> facts.put(name, oneLine(value)));
    INDArray values = training.model().network().params();
    facts.put("the adapters' values", hash(Arrays.hashCode(values.ravel().toDoubleVector())));
    SameTraining.require(workers, facts);
  }

  private static String oneLine(Object value) {
    return value.toString().replaceAll("\\s+", " ");
  }

  /** Of the words of a text in any order: that of a set's elements differs between processes. */
  private static int words(String text) {
    return Arrays.hashCode(Arrays.stream(text.split("[^\\w.]+")).sorted().toArray());
  }

  private static String hash(int code) {
    return Integer.toHexString(code);
  }

  /** That of the jar; classes that are not in one have none. */
  private static String version() {
    return Objects.requireNonNullElse(
        SharedRun.class.getPackage().getImplementationVersion(), "none");
  }

  /** Gives each worker masks of its own: rows at the same place of two workers' batches differ. */
  void ownMasks(RandomMasks masks) {
    if (!workers.first()) {
      masks.restore(masks.seed() + 0x9E3779B97F4A7C15L * workers.rank(), masks.passes());
    }
  }

  /** Whether it is so on any worker. */
  boolean any(boolean here) {
    if (workers.size() == 1) {
      return here;
    }
    return workers.gather(here ? YES : NO).stream().anyMatch(answer -> answer[0] == 1);
  }

  /** What the first worker says. */
  Optional<String> agreed(Optional<String> here) {
    if (workers.size() == 1) {
      return here;
    }
    byte[] own = here.orElse("").getBytes(StandardCharsets.UTF_8);
    String first = new String(workers.gather(own).get(0), StandardCharsets.UTF_8);
    return first.isEmpty() ? Optional.empty() : Optional.of(first);
  }

  /** Waits for all. */
  void meet() {
    if (workers.size() > 1) {
      workers.gather(NO);
    }
  }
}
