package org.peft4j.internal.files;

import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.EncodedAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;
import org.peft4j.config.FieldType;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.WriteLock;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.torch.WeightFiles;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.site.SiteRole;

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

  private static final String CONFIG_KEY = "peft4j.config";
  private static final String ENCODER_KEY = "peft4j.encoder";
  private static final String CONFIG_CHECKSUM = CONFIG_KEY + "_sha256";
  private static final String ENCODER_CHECKSUM = ENCODER_KEY + "_sha256";

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

  private static boolean hasWeights(Path folder) {
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

  private static Companion config(Path folder) {
    return new Companion(folder, CONFIG, CONFIG_KEY);
  }

  private static Companion encoder(Path folder) {
    return new Companion(folder, ENCODER, ENCODER_KEY);
  }

  /** The tensors of slots by key. */
  public static Map<String, INDArray> tensors(List<Slot> slots) {
    return byKey(slots, Slot::values);
  }

  /** The gradients of slots by the key of the tensor. */
  public static Map<String, INDArray> gradients(
      List<Slot> slots, Function<Slot, Tensors> gradients) {
    return byKey(slots, gradients);
  }

  private static Map<String, INDArray> byKey(List<Slot> slots, Function<Slot, Tensors> of) {
    Map<String, INDArray> result = new LinkedHashMap<>();
    for (Slot slot : slots) {
      Tensors tensors = of.apply(slot);
      for (ParameterSpec spec : slot.adapter().parameters()) {
        result.put(slot.adapter().key(spec), tensors.get(spec.name()));
      }
    }
    return result;
  }

  /** Reads and checks the config in {@code folder}. */
  public static PeftConfig readConfig(Path folder) {
    requireFolder(folder);
    Path file =
        config(folder)
            .of(metadata(folder))
            .orElseThrow(() -> new PeftException("There is no " + CONFIG + " in " + folder + "."));
    return AdapterConfigFile.parse(file, Optional.empty());
  }

  /**
   * Reads and checks a config file without weights, for a new adapter.
   *
   * @throws PeftException if it cannot be read, is not a config, or its method is not on the class
   *     path
   */
  public static PeftConfig readConfigFile(Path file) {
    return AdapterConfigFile.parse(file, Optional.empty());
  }

  /** The same, with {@code baseModel} as the base model's name instead of the file's. */
  public static PeftConfig readConfigFile(Path file, String baseModel) {
    return AdapterConfigFile.parse(file, Optional.of(baseModel));
  }

  private static Map<String, String> metadata(Path folder) {
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
    return metadata.containsKey(CONFIG_CHECKSUM) && !metadata.containsKey(ENCODER_CHECKSUM)
        ? Optional.empty()
        : encoder(folder).of(metadata);
  }

  /**
   * The modules that {@code modules_to_save} means in a file. Hugging Face PEFT takes every module
   * whose path ends with a name, even within a word ({@code norm} is {@code input_layernorm} too),
   * so a file may hold more than the config's names say by their segments. Embeddings and heads may
   * be there without a name, as {@code save_embedding_layers} saves them; a copy of the base
   * model's own is left out.
   */
  public static List<String> savedModules(
      Path folder, PeftConfig config, List<Site> sites, FrozenValues frozen) {
    List<String> names = new ArrayList<>(config.common().modulesToSave());
    String root = Methods.of(config).savedModulesRoot();
    try (TensorSource source = AdapterTensors.open(weights(folder), config)) {
      for (Site site : sites) {
        boolean held =
            site.parameters().stream()
                .anyMatch(p -> source.tensors().containsKey(root + site.name() + "." + p.name()));
        boolean named = config.common().modulesToSave().stream().anyMatch(site.name()::endsWith);
        if (held && named || ofVocabulary(site) && changed(source, root, site, frozen)) {
          names.add(site.name());
        }
      }
    }
    return names;
  }

  private static boolean ofVocabulary(Site site) {
    return site.role() == SiteRole.TOKEN_EMBEDDING || site.role() == SiteRole.HEAD;
  }

  /** Whether the file has all of a site's parameters, with other values than the base model. */
  private static boolean changed(TensorSource source, String root, Site site, FrozenValues frozen) {
    String prefix = root + site.name() + ".";
    return site.parameters().stream().allMatch(p -> source.tensors().containsKey(prefix + p.name()))
        && !site.parameters().stream()
            .allMatch(p -> equalsBase(source, prefix + p.name(), p, site, frozen));
  }

  private static boolean equalsBase(
      TensorSource source, String key, SiteParameter parameter, Site site, FrozenValues frozen) {
    TensorInfo info = source.tensors().get(key);
    Optional<INDArray> base = frozen.parameter(site, parameter.name()).array();
    return info != null
        && base.isPresent()
        && info.shape().equals(parameter.shape())
        && TensorFile.equalValues(source, key, base.get());
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
    try (TensorSource source = AdapterTensors.open(weights(folder), config)) {
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
    try (TensorSource source = AdapterTensors.open(weights(folder), config)) {
      AdapterReader reader = new AdapterReader(source, adapters(rest), frozen);
      reader.allow(encoded);
      reader.read(rest);
    }
  }

  private static List<Adapter> adapters(List<Slot> slots) {
    return slots.stream().map(Slot::adapter).toList();
  }

  /**
   * Writes an adapter. Empty targets are written as null. At every moment, the folder holds the old
   * one or the new one. Writers of one folder wait for each other.
   */
  public static <C extends PeftConfig> void write(
      Path folder, C config, Optional<ModuleSelector> targets, List<Slot> slots) {
    PeftMethod<C> method = Methods.of(config);
    PeftMethod.Saved<C> saved = method.saved(config, contents(slots));
    ObjectNode json = method.writeConfig(saved.config());
    if (json.has("target_modules")) {
      json.set(
          "target_modules",
          targets.map(FieldType.SELECTOR.writer()::apply).orElse(NullNode.getInstance()));
    }
    Map<String, INDArray> encoders =
        tensors(slots.stream().filter(s -> s.adapter() instanceof EncodedAdapter).toList());
    TensorFile.requireFinite(saved.tensors());
    TensorFile.requireFinite(encoders);
    createFolder(folder);
    try (WriteLock lock = WriteLock.of(folder, "adapter")) {
      write(folder, json, encoders, saved.tensors());
    } catch (IOException e) {
      throw new PeftException("Cannot write to " + folder + ": " + e.getMessage() + ".", e);
    }
  }

  private static void write(
      Path folder, ObjectNode json, Map<String, INDArray> encoders, Map<String, INDArray> tensors) {
    boolean fresh = !Files.exists(folder.resolve(WEIGHTS));
    Map<String, String> metadata = new LinkedHashMap<>(Map.of("format", "pt"));
    AdapterConfigFile.write(config(folder).target(fresh), json);
    config(folder).announce(fresh, metadata);
    if (!encoders.isEmpty()) {
      TensorFile.write(encoder(folder).target(fresh), encoders, Map.of("format", "pt"));
      encoder(folder).announce(fresh, metadata);
    }
    TensorFile.write(folder.resolve(WEIGHTS), tensors, metadata);
    config(folder).settle(fresh);
    if (encoders.isEmpty()) {
      encoder(folder).remove();
    } else {
      encoder(folder).settle(fresh);
    }
  }

  /** The contents of the weights file: parameters, outputs of encoders, and constants. */
  private static Map<String, INDArray> contents(List<Slot> slots) {
    Map<String, INDArray> contents = new LinkedHashMap<>();
    for (Slot slot : slots) {
      if (slot.adapter() instanceof EncodedAdapter encoded) {
        contents.putAll(encoded.encoded(slot.values()));
      } else {
        contents.putAll(tensors(List.of(slot)));
      }
      slot.adapter().copies().forEach((name, key) -> contents.put(key, slot.values().get(name)));
      if (slot.adapter().writesConstants()) {
        slot.adapter().constants().forEach((key, value) -> contents.put(key, value.get()));
      }
    }
    return contents;
  }

  /** Sample metadata, as long as the metadata that is written with the weights. */
  static Map<String, String> sampleMetadata(boolean encoders) {
    Map<String, String> metadata = new LinkedHashMap<>(Map.of("format", "pt"));
    metadata.put(CONFIG_CHECKSUM, "0".repeat(64));
    if (encoders) {
      metadata.put(ENCODER_CHECKSUM, "0".repeat(64));
    }
    return metadata;
  }

  private static void createFolder(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new PeftException(
          "Cannot create the folder " + folder + ": " + e.getMessage() + ".", e);
    }
  }
}
