package org.peft4j.internal.files;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.bitfit.BitFitConfig;
import org.peft4j.config.ModuleSelector;
import org.peft4j.internal.graft.Slot;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.Killing;
import org.peft4j.weight.FrozenWeight;

/** A process that saves adapters with and without an encoder in turn until it is killed. */
final class EncoderWriter {
  private static final Site SITE = Site.place("prompt", "prompt", SiteKind.PROMPT, 0, 20_000);
  private static final FrozenValues NOTHING_FROZEN =
      new FrozenValues() {
        @Override
        public FrozenWeight parameter(Site site, String name) {
          throw new IllegalStateException(name);
        }

        @Override
        public FrozenWeight weight(Site site) {
          throw new IllegalStateException(site.name());
        }
      };

  /** Adapters that differ in their config and in every value. */
  enum Version {
    FIRST(1, true),
    SECOND(5, true),
    PLAIN(7, false);

    private final int value;
    private final boolean encoded;

    Version(int value, boolean encoded) {
      this.value = value;
      this.encoded = encoded;
    }

    void save(Path folder) {
      ModuleSelector targets = new ModuleSelector.Names(List.of(name()));
      BitFitConfig config = BitFitConfig.builder().targetModules(name()).build();
      AdapterWriter.write(
          folder, config, Optional.of(targets), List.of(slot(encoded, value)), Map.of());
    }

    /** Whether the folder holds this one, and nothing of another. */
    boolean isIn(Path folder) {
      Slot slot = slot(AdapterFiles.hasEncoder(folder), 0);
      AdapterFiles.readValues(
          folder, AdapterFiles.readConfig(folder), List.of(slot), NOTHING_FROZEN);
      INDArray read = slot.values().asMap().values().iterator().next();
      return AdapterFiles.readConfig(folder)
              .common()
              .targetModules()
              .equals(java.util.Optional.of(new ModuleSelector.Names(List.of(name()))))
          && (slot.adapter() instanceof EncodedTestAdapter) == encoded
          && read.equals(slot(encoded, value).values().asMap().values().iterator().next());
    }
  }

  private EncoderWriter() {}

  private static Slot slot(boolean encoded, int value) {
    Adapter adapter = encoded ? new EncodedTestAdapter(SITE) : new PlainTestAdapter(SITE);
    INDArray values = Nd4j.valueArrayOf(new long[] {SITE.outputs()}, value, DataType.FLOAT);
    return new Slot(
        "default", adapter, new Tensors(Map.of(adapter.parameters().get(0).name(), values)));
  }

  public static void main(String[] arguments) {
    Path folder = Path.of(arguments[0]);
    Version.FIRST.save(folder);
    System.out.println(Killing.SAVING);
    while (true) {
      for (Version version : Version.values()) {
        version.save(folder);
      }
    }
  }
}
