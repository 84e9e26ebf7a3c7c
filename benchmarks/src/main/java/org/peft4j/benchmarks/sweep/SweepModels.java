package org.peft4j.benchmarks.sweep;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.checkpoint.RandomCheckpoint;
import org.peft4j.transformers.family.Families;

/** Random models that differ from a config in depth and longest sequence. */
final class SweepModels {
  private final Path config;
  private final Path folder;
  private final int positions;

  /**
   * @param folder receives and keeps the models
   * @param positions the number of positions of each model
   */
  SweepModels(Path config, Path folder, int positions) {
    this.config = config;
    this.folder = folder;
    this.positions = positions;
  }

  /** The depth and the names of the config itself. */
  ModelArchitecture original() {
    return Families.read(config);
  }

  /** The folder of a model with that many blocks. */
  Path withLayers(int layers) {
    String name = config.getFileName().toString().replace(".json", "");
    Path model = folder.resolve("%s-%d-layers-%d".formatted(name, layers, positions));
    if (!Files.isDirectory(model)) {
      try {
        Files.createDirectories(folder);
        Path changed = Files.createTempFile(folder, "config", ".json");
        JsonMapper mapper = new JsonMapper();
        mapper.writeValue(changed.toFile(), changed(mapper, layers));
        RandomCheckpoint.init(changed, model, 1);
        Files.delete(changed);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return model;
  }

  private ObjectNode changed(JsonMapper mapper, int layers) throws IOException {
    ObjectNode json = (ObjectNode) mapper.readTree(config.toFile());
    boolean gpt2 = json.has("n_layer");
    return json.put(gpt2 ? "n_layer" : "num_hidden_layers", layers)
        .put(gpt2 ? "n_positions" : "max_position_embeddings", positions);
  }
}
