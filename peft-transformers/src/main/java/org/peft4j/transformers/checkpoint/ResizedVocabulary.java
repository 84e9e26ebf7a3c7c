package org.peft4j.transformers.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.internal.json.JsonWriter;
import org.peft4j.internal.torch.WeightFiles;
import org.peft4j.method.Methods;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.family.Families;
import org.peft4j.transformers.internal.weights.TensorKeys;

/**
 * A checkpoint with another number of tokens, as Hugging Face transformers' {@code
 * resize_token_embeddings} makes it, for adapters that were trained on such a one. The tables of
 * token embeddings and the output head lose their last rows, or get new ones: those that an adapter
 * has for them, or else the mean of the old rows. All other tensors are copied byte by byte.
 */
public final class ResizedVocabulary {
  private static final long SHARD_BYTES = 5_000_000_000L;

  private final Path folder;
  private final ModelArchitecture model;
  private final int tokens;
  private final Optional<TensorSource> rows;
  private final Map<String, List<String>> keys;

  private ResizedVocabulary(
      Path folder, int tokens, Optional<TensorSource> rows, Map<String, List<String>> keys) {
    this.folder = folder;
    this.model = Families.read(folder);
    this.tokens = tokens;
    this.rows = rows;
    this.keys = keys;
  }

  /**
   * Writes a checkpoint with that many tokens.
   *
   * @param model a checkpoint folder
   * @param folder where to write; replaces a checkpoint at that path
   * @throws PeftException if the number is not allowed, or the folder cannot be written
   */
  public static void write(Path model, int tokens, Path folder) {
    new ResizedVocabulary(model, tokens, Optional.empty(), Map.of()).write(folder, List.of(model));
  }

  /**
   * Writes a checkpoint with as many tokens as an adapter's model had.
   *
   * @param adapter an adapter with embeddings or heads in its file
   * @return the number of tokens
   * @throws PeftException if the adapter has none, or the folder cannot be written
   */
  public static int writeFor(Path model, Path adapter, Path folder) {
    PeftConfig config = AdapterFiles.readConfig(adapter);
    Map<String, List<String>> keys =
        keys(Families.read(model), Methods.of(config).savedModulesRoot());
    try (TensorSource source = WeightFiles.open(AdapterFiles.weights(adapter))) {
      int tokens =
          keys.values().stream()
              .flatMap(List::stream)
              .filter(source.tensors()::containsKey)
              .map(source::tensor)
              .mapToInt(info -> Math.toIntExact(info.shape().get(0)))
              .findFirst()
              .orElseThrow(() -> noEmbeddings(adapter));
      new ResizedVocabulary(model, tokens, Optional.of(source), keys)
          .write(folder, List.of(adapter, model));
      return tokens;
    }
  }

  private static PeftException noEmbeddings(Path adapter) {
    return new PeftException(
        adapter
            + " has no token embeddings and no output head, so it tells no number of tokens. Give"
            + " --tokens.");
  }

  /** The keys in an adapter's file of each tensor whose rows are tokens. */
  private static Map<String, List<String>> keys(ModelArchitecture model, String root) {
    Map<String, List<String>> keys = new LinkedHashMap<>();
    for (Site site : ofVocabulary(model)) {
      for (SiteParameter parameter : site.parameters()) {
        List<String> stored = new ArrayList<>();
        for (String name :
            site.former().map(f -> List.of(site.name(), f)).orElse(List.of(site.name()))) {
          String path = root + name + ".";
          stored.add(path + parameter.name());
          stored.add(path + "base_layer." + parameter.name());
        }
        keys.put(TensorKeys.key(site, parameter), stored);
      }
    }
    return keys;
  }

  private static Set<Site> ofVocabulary(ModelArchitecture model) {
    Set<Site> sites = new LinkedHashSet<>();
    model.tables().forEach(table -> sites.add(table.site()));
    sites.addAll(model.head().sites());
    return sites;
  }

  private void write(Path output, List<Path> companions) {
    int old = model.vocabularySize();
    if (tokens < 1) {
      throw new PeftException("--tokens is " + tokens + "; allowed: 1 and above.");
    }
    if (!(model.head() instanceof HeadPart.Language)) {
      throw new PeftException(
          folder
              + " has no head of a language model; resize the language model that it was made of.");
    }
    ObjectNode config = CheckpointFiles.JSON.readObject(folder.resolve(CheckpointFiles.CONFIG));
    if (model.tables().stream().map(EmbeddingPart::rows).distinct().count() > 1) {
      throw new PeftException(
          folder + " has a vocabulary for each side; only models with one can be resized.");
    }
    config.put("vocab_size", tokens);
    if (config.has("decoder_vocab_size")) {
      config.put("decoder_vocab_size", tokens);
    }
    try (TensorSource source = WeightFiles.open(folder)) {
      List<CheckpointTensor> tensors = new ArrayList<>();
      source.tensors().values().forEach(info -> tensors.add(tensor(source, info, old)));
      OutputFolder.write(
          output,
          folder,
          Shards.bytes(tensors),
          temporary -> {
            JsonWriter.write(temporary.resolve(CheckpointFiles.CONFIG), config);
            Families.read(temporary); // Fails where a special token is cut off.
            CheckpointFiles.copyCompanions(companions, temporary);
            Shards.write(temporary, tensors, SHARD_BYTES);
          });
    }
  }

  private CheckpointTensor tensor(TensorSource source, TensorInfo info, int old) {
    if (model.head().constants().filter(info.name()::equals).isPresent()) {
      return constants(source, info);
    }
    Optional<String> key = key(info.name());
    if (key.isEmpty()) {
      return new CheckpointTensor(
          info.name(), info.dtype(), info.shape(), TokenRows.allOf(source, info));
    }
    List<Long> shape = new ArrayList<>(info.shape());
    shape.set(0, (long) tokens);
    return new CheckpointTensor(
        info.name(),
        info.dtype(),
        shape,
        new TokenRows(source, info, Math.min(tokens, old), tokens, given(key.get())));
  }

  /** Numbers added to the logits of tokens; 0 for new tokens. */
  private CheckpointTensor constants(TensorSource source, TensorInfo info) {
    float[] values = new float[tokens];
    int kept = (int) Math.min(tokens, info.elementCount());
    source.readFloats(info.name(), 0, values, 0, kept);
    return new CheckpointTensor(
        info.name(),
        info.dtype(),
        List.of(1L, (long) tokens),
        (sink, name) -> sink.writeFloats(name, values, 0, tokens));
  }

  /** The key of a tensor whose rows are tokens; checkpoints may leave out the body's prefix. */
  private Optional<String> key(String name) {
    String prefixed = model.names().bodyPrefix() + "." + name;
    Set<String> wanted = new LinkedHashSet<>(keys(model, "").keySet());
    model.tables().forEach(table -> wanted.add(table.key()));
    return wanted.stream().filter(key -> key.equals(name) || key.equals(prefixed)).findFirst();
  }

  /** The rows that the adapter has for a tensor, if they are as many as wanted. */
  private Optional<TokenRows.Given> given(String key) {
    return rows.flatMap(
        source ->
            keys.getOrDefault(key, List.of()).stream()
                .filter(source.tensors()::containsKey)
                .map(source::tensor)
                .filter(info -> info.shape().get(0) == tokens)
                .findFirst()
                .map(info -> new TokenRows.Given(source, info)));
  }
}
