package org.peft4j.files;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftConfig;
import org.peft4j.PeftException;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;
import org.peft4j.config.ConfigWriter;
import org.peft4j.config.ModuleSelector;
import org.peft4j.host.Slot;
import org.peft4j.io.AtomicFile;
import org.peft4j.method.Methods;
import org.peft4j.plan.AdapterPlanner;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.site.Site;

/**
 * An adapter's folder: {@code adapter_config.json} and {@code adapter_model.safetensors}, as
 * Hugging Face PEFT has them.
 *
 * <p>Each file is replaced as a whole. Where both change, the new config is first put beside the
 * old one as {@code adapter_config.json.next}; the weights carry the checksum of the config that
 * they belong to, so a reader that finds both knows which one to take, at whatever moment a writer
 * died.
 */
public final class AdapterFiles {
  /** The name of the config file. */
  public static final String CONFIG = "adapter_config.json";

  /** The name of the weights file. */
  public static final String WEIGHTS = "adapter_model.safetensors";

  private static final String NEXT_CONFIG = CONFIG + ".next";
  private static final String CONFIG_CHECKSUM = "peft4j.config_sha256";
  private static final String KEY_PREFIX = "base_model.model.";

  private AdapterFiles() {}

  /** Fails, with what is there instead, if {@code folder} holds no adapter. */
  public static void requireFolder(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new PeftException("There is no adapter folder " + folder + ".");
    }
    if (Files.exists(folder.resolve(WEIGHTS))) {
      return;
    }
    if (Files.exists(folder.resolve("adapter_model.bin"))) {
      throw new PeftException(
          folder
              + " has its weights in adapter_model.bin, a pickle file, which can run code and is"
              + " never read. Convert it once in Python: load it with PeftModel.from_pretrained and"
              + " save it with save_pretrained(…, safe_serialization=True).");
    }
    throw new PeftException("There is no " + WEIGHTS + " in " + folder + ".");
  }

  /** The key of a tensor in an adapter file. */
  static String key(Slot slot, ParameterSpec spec) {
    return key(slot.adapter(), spec);
  }

  /** The key of a tensor in an adapter file. */
  public static String key(Adapter adapter, ParameterSpec spec) {
    return KEY_PREFIX + adapter.site().name() + "." + spec.name();
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
      slot.adapter()
          .parameters()
          .forEach(spec -> result.put(key(slot, spec), tensors.get(spec.name())));
    }
    return result;
  }

  /** Reads and checks the config in {@code folder}. */
  public static PeftConfig readConfig(Path folder) {
    requireFolder(folder);
    Path next = folder.resolve(NEXT_CONFIG);
    Path config = folder.resolve(CONFIG);
    if (Files.exists(next)) {
      byte[] bytes = AdapterConfigFile.bytes(next);
      if (checksum(bytes).equals(weightsChecksum(folder))) {
        return AdapterConfigFile.parse(next, bytes);
      }
    }
    if (!Files.exists(config)) {
      throw new PeftException("There is no " + CONFIG + " in " + folder + ".");
    }
    return AdapterConfigFile.parse(config, AdapterConfigFile.bytes(config));
  }

  /**
   * Reads and checks a config file alone, {@code adapter_config.json} say, to make a new adapter.
   *
   * @throws PeftException if it cannot be read, is no config, or one of a method that is not there
   */
  public static PeftConfig readConfigFile(Path file) {
    return AdapterConfigFile.parse(file, AdapterConfigFile.bytes(file));
  }

  private static String weightsChecksum(Path folder) {
    try (TensorSource source = TensorSource.open(folder.resolve(WEIGHTS))) {
      return source.metadata().getOrDefault(CONFIG_CHECKSUM, "");
    }
  }

  /**
   * The modules that {@code modules_to_save} means in a file. Hugging Face PEFT takes every module
   * whose path ends with a name, even within a word ({@code norm} is {@code input_layernorm} too),
   * so a file may hold more than the config's names say by their segments.
   */
  public static List<String> savedModules(Path folder, PeftConfig config, List<Site> sites) {
    List<String> names = new ArrayList<>(config.common().modulesToSave());
    try (TensorSource source = TensorSource.open(folder.resolve(WEIGHTS))) {
      for (Site site : sites) {
        boolean held =
            site.parameters().stream()
                .anyMatch(
                    p -> source.tensors().containsKey(KEY_PREFIX + site.name() + "." + p.name()));
        if (held && config.common().modulesToSave().stream().anyMatch(site.name()::endsWith)) {
          names.add(site.name());
        }
      }
    }
    return names;
  }

  /**
   * Reads the values of {@code slots}: every tensor of the file must be one of theirs, and every
   * one of theirs in the file with its shape.
   *
   * @param frozen the base model's values, which copies of base weights in the file must equal
   */
  public static void readValues(
      Path folder, List<Slot> slots, AdapterPlanner.FrozenParameters frozen) {
    try (TensorSource source = TensorSource.open(folder.resolve(WEIGHTS))) {
      new AdapterReader(source, slots, frozen).read();
    }
  }

  /** Writes an adapter: the old one or the new one is there at every moment. */
  public static void write(
      Path folder, PeftConfig config, ModuleSelector targets, List<Slot> slots) {
    ObjectNode json = Methods.of(config).writeConfig(config);
    ConfigWriter.selector(json, "target_modules", Optional.of(targets));
    byte[] bytes = AdapterConfigFile.format(json);
    Map<String, INDArray> tensors = tensors(slots);
    TensorFile.requireFinite(tensors);
    createFolder(folder);
    Path next = folder.resolve(NEXT_CONFIG);
    Path current = folder.resolve(CONFIG);
    boolean changed = !Files.exists(current) || !Arrays.equals(readOrEmpty(current), bytes);
    try {
      if (changed) {
        AtomicFile.write(next, channel -> writeFully(channel, bytes));
      }
      TensorFile.write(folder.resolve(WEIGHTS), tensors, metadata(bytes));
      if (changed) {
        Files.move(next, current, StandardCopyOption.ATOMIC_MOVE);
      }
      Files.deleteIfExists(next);
    } catch (IOException e) {
      throw new PeftException("Cannot write " + current + ": " + e.getMessage() + ".", e);
    }
  }

  /** The notes in the weights file that belongs to a config of these bytes. */
  static Map<String, String> metadata(byte[] config) {
    return Map.of("format", "pt", CONFIG_CHECKSUM, checksum(config));
  }

  private static void writeFully(java.nio.channels.FileChannel channel, byte[] bytes)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  private static byte[] readOrEmpty(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      return new byte[0];
    }
  }

  private static void createFolder(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new PeftException(
          "Cannot create the folder " + folder + ": " + e.getMessage() + ".", e);
    }
  }

  private static String checksum(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
