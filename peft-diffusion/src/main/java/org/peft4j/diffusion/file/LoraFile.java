package org.peft4j.diffusion.file;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.diffusion.file.LoraTensor.Part;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.TensorFile;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.internal.json.JsonWriter;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.site.Site;

/**
 * Files of LoRA adapters for Stable Diffusion: diffusers' {@code pytorch_lora_weights.safetensors}
 * (keys {@code unet.….lora_A.weight} and {@code text_encoder.…}), and kohya's ({@code lora_unet_…},
 * with {@code alpha} tensors). They become folders of Hugging Face PEFT, one for each model, and
 * such folders become diffusers' file.
 */
public final class LoraFile {
  /** The name that diffusers looks for. */
  public static final String NAME = "pytorch_lora_weights.safetensors";

  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 20);
  private static final String CONFIG = "adapter_config.json";
  private static final String WEIGHTS = "adapter_model.safetensors";
  private static final String ROOT = "base_model.model.";
  private static final String METADATA = "lora_adapter_metadata";

  /** The fields of a config that say what its tensors mean. */
  private static final List<String> MEANING =
      List.of(
          "peft_type",
          "r",
          "lora_alpha",
          "lora_dropout",
          "target_modules",
          "rank_pattern",
          "alpha_pattern",
          "use_rslora",
          "use_dora",
          "lora_bias",
          "bias");

  private LoraFile() {}

  /** The file that a path means: itself, or diffusers' in a folder without PEFT's; else empty. */
  public static Optional<Path> find(Path path) {
    if (Files.isDirectory(path)) {
      Path inside = path.resolve(NAME);
      boolean peft = Files.isRegularFile(path.resolve(CONFIG));
      return Files.isRegularFile(inside) && !peft ? Optional.of(inside) : Optional.empty();
    }
    return path.toString().endsWith(".safetensors") ? Optional.of(path) : Optional.empty();
  }

  /**
   * Writes adapters as diffusers does: their tensors, and what their configs say of them.
   *
   * @param unet a folder of PEFT with the UNet's adapter
   * @param text one with the text encoder's; empty for none
   * @param folder where to write {@link #NAME}
   * @throws PeftException if an adapter is no LoRA, or a file cannot be read or written
   */
  public static void write(Path unet, Optional<Path> text, Path folder) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    ObjectNode meaning = JsonNodeFactory.instance.objectNode();
    add(unet, Part.UNET, tensors, meaning);
    text.ifPresent(adapter -> add(adapter, Part.TEXT, tensors, meaning));
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new PeftException("Cannot make " + folder + ": " + e.getMessage() + ".", e);
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", "pt");
    metadata.put(METADATA, JsonWriter.text(meaning));
    TensorFile.write(folder.resolve(NAME), tensors, metadata);
  }

  private static void add(
      Path adapter, Part part, Map<String, INDArray> tensors, ObjectNode meaning) {
    ObjectNode config = JSON.readObject(adapter.resolve(CONFIG));
    String type = config.path("peft_type").asText();
    if (!type.equals("LORA")) {
      throw new PeftException(
          adapter + " is of the method " + type + "; diffusers' file holds LoRA adapters only.");
    }
    for (String field : MEANING) {
      JsonNode value = config.path(field);
      if (!value.isMissingNode() && !value.isNull()) {
        meaning.set(part.title() + "." + field, value);
      }
    }
    try (TensorSource source = TensorSource.open(adapter.resolve(WEIGHTS))) {
      for (TensorInfo info : source.tensors().values()) {
        if (!info.name().startsWith(ROOT) || !info.name().contains(".lora_")) {
          throw new PeftException(
              adapter
                  + " also trains "
                  + info.name()
                  + ", for which diffusers' file has no place. Keep the folder of PEFT.");
        }
        String key = part.title() + "." + info.name().substring(ROOT.length());
        tensors.put(key, values(source, info));
      }
    }
  }

  private static INDArray values(TensorSource source, TensorInfo info) {
    float[] values = new float[Math.toIntExact(info.elementCount())];
    source.readFloats(info.name(), 0, values, 0, values.length);
    long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
    return Nd4j.createFromArray(values).reshape('c', shape.length == 0 ? new long[] {1} : shape);
  }

  /**
   * Writes the adapters in a file as folders of PEFT, {@code unet} and {@code text_encoder}, of
   * those models that it has adapters for.
   *
   * @param sites of the UNet
   * @param folder where to write
   * @return the folders by the models' names
   * @throws PeftException if the file is of another model or form, or lacks a tensor
   */
  public static Map<String, Path> toPeft(Path file, List<Site> sites, Path folder) {
    Map<String, Site> byPath = new TreeMap<>();
    Map<String, String> known = new TreeMap<>();
    for (Site site : sites) {
      byPath.put(site.name(), site);
      known.put(site.name().replace('.', '_'), site.name());
    }
    Map<Part, Map<String, LoraModule>> parts = new EnumMap<>(Part.class);
    Optional<JsonNode> meaning;
    try (TensorSource source = TensorSource.open(file)) {
      meaning = Optional.ofNullable(source.metadata().get(METADATA)).flatMap(JSON::tryParse);
      for (TensorInfo info : source.tensors().values()) {
        LoraTensor tensor = LoraTensor.of(info.name(), file.toString());
        parts
            .computeIfAbsent(tensor.part(), part -> new TreeMap<>())
            .computeIfAbsent(tensor.path(known, file.toString()), module -> new LoraModule())
            .put(tensor.kind(), values(source, info));
      }
    }
    if (parts.isEmpty()) {
      throw new PeftException(file + " has no tensors.");
    }
    Map<String, Path> folders = new LinkedHashMap<>();
    parts.forEach(
        (part, modules) -> {
          Path own = folder.resolve(part.title());
          writePeft(part, modules, byPath, meaning, own);
          folders.put(part.title(), own);
        });
    return folders;
  }

  private static void writePeft(
      Part part,
      Map<String, LoraModule> modules,
      Map<String, Site> sites,
      Optional<JsonNode> meaning,
      Path folder) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    modules.forEach(
        (module, found) -> {
          Optional<Site> site = Optional.ofNullable(sites.get(module));
          int ones = site.map(s -> s.kernel().size()).orElse(0);
          String root = ROOT + module + ".lora_";
          tensors.put(root + "A.weight", shaped(found.a(module), site));
          INDArray b = found.b(module);
          tensors.put(root + "B.weight", withOnes(b, ones));
          INDArray magnitude = found.magnitude();
          if (magnitude != null) {
            long[] shape = ones == 0 ? new long[] {b.size(0)} : new long[] {1, b.size(0), 1, 1};
            tensors.put(root + "magnitude_vector", magnitude.reshape('c', shape));
          }
        });
    ObjectNode config = meaning.flatMap(all -> own(all, part)).orElseGet(() -> derived(modules));
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve(CONFIG), JsonWriter.text(config));
    } catch (IOException e) {
      throw new PeftException("Cannot write to " + folder + ": " + e.getMessage() + ".", e);
    }
    TensorFile.write(folder.resolve(WEIGHTS), tensors, Map.of("format", "pt"));
  }

  /** Some programs hold a map of single pixels as a matrix, others as a convolution. */
  private static INDArray shaped(INDArray a, Optional<Site> site) {
    return site.filter(s -> a.rank() == 2 || s.kernel().isEmpty())
        .map(s -> withOnes(a, s.kernel().size()))
        .orElse(a);
  }

  private static INDArray withOnes(INDArray matrix, int ones) {
    long rows = matrix.size(0);
    long columns = matrix.length() / rows;
    return ones == 0
        ? matrix.reshape('c', rows, columns)
        : matrix.reshape('c', rows, columns, 1, 1);
  }

  private static Optional<ObjectNode> own(JsonNode all, Part part) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    String prefix = part.title() + ".";
    for (String field : MEANING) {
      JsonNode value = all.path(prefix + field);
      if (!value.isMissingNode() && !value.isNull()) {
        config.set(field, value);
      }
    }
    if (config.isEmpty()) {
      return Optional.empty();
    }
    config.put("peft_type", "LORA");
    return Optional.of(config);
  }

  /** Rank and alpha of the first module, and patterns for those that have others. */
  private static ObjectNode derived(Map<String, LoraModule> modules) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("peft_type", "LORA");
    List<Map.Entry<String, LoraModule>> all = new ArrayList<>(modules.entrySet());
    String first = all.get(0).getKey();
    int rank = all.get(0).getValue().rank(first);
    double alpha = all.get(0).getValue().alpha(first);
    config.put("r", rank);
    config.put("lora_alpha", alpha);
    ObjectNode ranks = config.putObject("rank_pattern");
    ObjectNode alphas = config.putObject("alpha_pattern");
    for (Map.Entry<String, LoraModule> each : all) {
      String module = each.getKey();
      config.withArray("target_modules").add(module);
      if (each.getValue().rank(module) != rank) {
        ranks.put(module, each.getValue().rank(module));
      }
      if (each.getValue().alpha(module) != alpha) {
        alphas.put(module, each.getValue().alpha(module));
      }
    }
    config.put("use_dora", modules.values().stream().anyMatch(m -> m.magnitude() != null));
    return config;
  }
}
