package org.peft4j.internal.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.EncodedAdapter;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.torch.WeightFiles;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.safetensors.TensorSource;

/**
 * An adapter's folder: {@code adapter_config.json} and {@code adapter_model.safetensors}, as
 * Hugging Face PEFT has them.
 *
 * <p>Each file is replaced as a whole. If both change, the new config is first written beside the
 * old one as {@code adapter_config.json.next}. The weights carry the checksum of their config, so a
 * reader that finds both configs knows which one belongs to them, whenever a writer died.
 */
public final class AdapterFiles {
  /** The name of the config file. */
  public static final String CONFIG = "adapter_config.json";

  /** The name of the weights file. */
  public static final String WEIGHTS = "adapter_model.safetensors";

  /** Its name in files of before safetensors, which are read and never written. */
  private static final String PICKLED = "adapter_model.bin";

  /** The name of the file with the parameters of encoders, where a method has one. */
  public static final String ENCODER = "encoder.safetensors";

  private AdapterFiles() {}

  /** Fails if {@code folder} holds no adapter, and says what it holds instead. */
  public static void requireFolder(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new PeftException("There is no adapter folder " + folder + ".");
    }
    if (hasWeights(folder)) {
      return;
    }
    List<String> inside = subfolders(folder);
    throw new PeftException(
        "There is no "
            + WEIGHTS
            + " in "
            + folder
            + "."
            + (inside.isEmpty()
                ? ""
                : " Its subfolders with an adapter: " + String.join(", ", inside) + ". Give one."));
  }

  static boolean hasWeights(Path folder) {
    return Files.exists(weights(folder));
  }

  /** The weights in {@code folder}: Python's older form only where there is no other. */
  public static Path weights(Path folder) {
    Path file = folder.resolve(WEIGHTS);
    Path pickled = folder.resolve(PICKLED);
    return !Files.exists(file) && Files.exists(pickled) ? pickled : file;
  }

  private static List<String> subfolders(Path folder) {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths
          .filter(AdapterFiles::hasWeights)
          .map(path -> String.valueOf(path.getFileName()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new PeftException("Cannot list " + folder + ": " + e.getMessage() + ".", e);
    }
  }

  /** Reads and checks the config in {@code folder}, with the names that it has. */
  public static PeftConfig readConfig(Path folder) {
    return readConfig(folder, FormerNames.NONE);
  }

  /** The same for a model some of whose modules had other names. */
  public static PeftConfig readConfig(Path folder, FormerNames former) {
    requireFolder(folder);
    Path file =
        Companion.ofConfig(folder)
            .of(metadata(folder))
            .orElseThrow(() -> new PeftException("There is no " + CONFIG + " in " + folder + "."));
    return AdapterConfigFile.parse(file, Optional.empty(), former);
  }

  /**
   * Reads and checks a config file without weights, for a new adapter.
   *
   * @throws PeftException if it cannot be read, is not a config, or its method is not on the class
   *     path
   */
  public static PeftConfig readConfigFile(Path file) {
    return AdapterConfigFile.parse(file, Optional.empty(), FormerNames.NONE);
  }

  /** The same, with {@code baseModel} as the base model's name instead of the file's. */
  public static PeftConfig readConfigFile(Path file, String baseModel) {
    return AdapterConfigFile.parse(file, Optional.of(baseModel), FormerNames.NONE);
  }

  static Map<String, String> metadata(Path folder) {
    try (TensorSource source = WeightFiles.open(weights(folder))) {
      return source.metadata();
    }
  }

  /** Whether the parameters of encoders are beside the adapter in {@code folder}. */
  public static boolean hasEncoder(Path folder) {
    return encoderOf(folder).isPresent();
  }

  /**
   * Weights written by this library name their encoder. Any other encoder file beside them is
   * stale.
   */
  private static Optional<Path> encoderOf(Path folder) {
    Map<String, String> metadata = metadata(folder);
    return Companion.ofConfig(folder).isNamedIn(metadata)
            && !Companion.ofEncoder(folder).isNamedIn(metadata)
        ? Optional.empty()
        : Companion.ofEncoder(folder).of(metadata);
  }

  /**
   * Fails unless the files have the tensors of {@code adapters} with their shapes: before anything
   * is allocated by the sizes that a config tells.
   */
  public static void check(
      Path folder, PeftConfig config, List<Adapter> adapters, FrozenValues frozen) {
    List<Adapter> encoded = adapters.stream().filter(AdapterFiles::isEncoded).toList();
    List<Adapter> rest = adapters.stream().filter(adapter -> !isEncoded(adapter)).toList();
    if (!encoded.isEmpty()) {
      try (TensorSource source = TensorSource.open(encoder(folder, encoded))) {
        new AdapterReader(source, encoded, frozen).check();
      }
    }
    try (TensorSource source =
        AdapterTensors.open(weights(folder), config, FormerNames.of(frozen.sites()))) {
      AdapterReader reader = new AdapterReader(source, rest, frozen);
      if (encoded.isEmpty()) {
        reader.check();
      } else {
        // What encoders put into the weights is known when they are read.
        reader.checkPresent();
      }
    }
  }

  private static boolean isEncoded(Adapter adapter) {
    return adapter instanceof EncodedAdapter;
  }

  private static Path encoder(Path folder, List<Adapter> encoded) {
    return encoderOf(folder)
        .orElseThrow(() -> new IllegalStateException("No encoder in " + folder + " of " + encoded));
  }

  /**
   * Reads the values of {@code slots}. File and slots must have the same tensors with the same
   * shapes.
   *
   * @param frozen the base model's values, which copies of base weights in the file must equal
   */
  public static void readValues(
      Path folder, PeftConfig config, List<Slot> slots, FrozenValues frozen) {
    List<Slot> encoded = slots.stream().filter(slot -> isEncoded(slot.adapter())).toList();
    List<Slot> rest = slots.stream().filter(slot -> !isEncoded(slot.adapter())).toList();
    if (!encoded.isEmpty()) {
      try (TensorSource source = TensorSource.open(encoder(folder, adapters(encoded)))) {
        new AdapterReader(source, adapters(encoded), frozen).read(encoded);
      }
    }
    try (TensorSource source =
        AdapterTensors.open(weights(folder), config, FormerNames.of(frozen.sites()))) {
      AdapterReader reader = new AdapterReader(source, adapters(rest), frozen);
      reader.allow(encoded);
      reader.read(rest);
    }
  }

  private static List<Adapter> adapters(List<Slot> slots) {
    return slots.stream().map(Slot::adapter).toList();
  }
}
