package org.peft4j.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.train.preference.PreferenceData;
import org.peft4j.train.preference.PreferencePair;
import org.peft4j.train.preference.RatedAnswer;
import org.peft4j.train.preference.RatedData;
import org.peft4j.train.preference.loss.CpoLoss;
import org.peft4j.train.preference.loss.DiscoPopLoss;
import org.peft4j.train.preference.loss.ExoLoss;
import org.peft4j.train.preference.loss.HingeLoss;
import org.peft4j.train.preference.loss.IpoLoss;
import org.peft4j.train.preference.loss.KtoLoss;
import org.peft4j.train.preference.loss.LikelihoodLoss;
import org.peft4j.train.preference.loss.OrpoLoss;
import org.peft4j.train.preference.loss.PairLoss;
import org.peft4j.train.preference.loss.RatioLoss;
import org.peft4j.train.preference.loss.RobustLoss;
import org.peft4j.train.preference.loss.SigmoidLoss;
import org.peft4j.train.preference.loss.WeightedLosses;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;

/**
 * What TRL's trainers made of pairs of answers.
 *
 * @param base a model
 * @param loss a name in preferences.json; empty for the one of a folder
 * @param reference "base", "start", "adapter" or "none"
 */
record PreferenceGolden(String base, String loss, String reference) {
  static final Path FOLDER = GoldenCase.FOLDER.resolve("preferences");
  private static final JsonNode JSON = json();

  private static JsonNode json() {
    try {
      return JsonMapper.builder().build().readTree(FOLDER.resolve("preferences.json").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<PreferenceGolden> all() {
    return Stream.of("llama", "gpt2").flatMap(PreferenceGolden::of).toList();
  }

  private static Stream<PreferenceGolden> of(String base) {
    try (Stream<Path> files = Files.list(FOLDER.resolve(base))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".safetensors"))
          .map(name -> name.replace(".safetensors", "").split("-"))
          .map(parts -> new PreferenceGolden(base, parts[0], parts[1]))
          .sorted((a, b) -> a.toString().compareTo(b.toString()))
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static double rate() {
    return JSON.path("learning_rate").asDouble();
  }

  static int steps() {
    return JSON.path("steps").asInt();
  }

  TransformerModel open(DataType type) {
    return Transformers.open(
        GoldenCase.FOLDER.resolve("bases").resolve(base),
        TransformerOptions.defaults().withDataType(type));
  }

  /** The model that trains. */
  PeftModel<ComputationGraph> policy(TransformerModel model) {
    return with(model, "adapter");
  }

  /** The same base with the adapter of a folder. */
  PeftModel<ComputationGraph> with(TransformerModel model, String folder) {
    PeftModel<ComputationGraph> peft = Peft.bare(model.graph(), 0);
    Path path = FOLDER.resolve(base).resolve(folder);
    peft.loadAdapter(
        "default", Files.exists(path.resolve("adapter")) ? path.resolve("adapter") : path);
    peft.setActive("default");
    return peft;
  }

  static PreferenceData pairs() {
    return PreferenceData.of(
        stream(JSON.path("pairs"))
            .map(
                pair ->
                    PreferencePair.of(
                        ids(pair.path("prompt")),
                        ended(pair.path("chosen")),
                        ended(pair.path("rejected"))))
            .toList(),
        0);
  }

  static RatedData singles() {
    return RatedData.of(
        stream(JSON.path("singles"))
            .map(
                single ->
                    RatedAnswer.of(
                        ids(single.path("prompt")),
                        ended(single.path("completion")),
                        single.path("label").asBoolean()))
            .toList(),
        0);
  }

  private static Stream<JsonNode> stream(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  private static int[] ids(JsonNode array) {
    return stream(array).mapToInt(JsonNode::asInt).toArray();
  }

  private static int[] ended(JsonNode array) {
    int[] ids = Arrays.copyOf(ids(array), array.size() + 1);
    ids[array.size()] = JSON.path("end").asInt();
    return ids;
  }

  private JsonNode fields() {
    return JSON.path("losses").path(loss);
  }

  boolean isRated() {
    return fields().path("trainer").asText().equals("KTOTrainer");
  }

  KtoLoss ratedLoss() {
    JsonNode fields = fields();
    return new KtoLoss(
        KtoLoss.Kind.valueOf(fields.path("loss_type").asText().toUpperCase(Locale.ROOT)),
        fields.path("beta").asDouble(),
        fields.path("desirable_weight").asDouble(1),
        fields.path("undesirable_weight").asDouble(1));
  }

  PairLoss pairLoss() {
    JsonNode fields = fields();
    double beta = fields.path("beta").asDouble();
    if (fields.path("trainer").asText().equals("ORPOTrainer")) {
      return new OrpoLoss(beta);
    }
    if (fields.path("trainer").asText().equals("CPOTrainer")) {
      return cpo(fields, beta);
    }
    if (!fields.path("loss_type").isArray()) {
      return dpo(fields.path("loss_type").asText(), fields, beta);
    }
    List<PairLoss> losses = new ArrayList<>();
    List<Double> weights = new ArrayList<>();
    fields.path("loss_type").forEach(name -> losses.add(dpo(name.asText(), fields, beta)));
    fields.path("loss_weights").forEach(weight -> weights.add(weight.asDouble()));
    return new WeightedLosses(losses, weights);
  }

  private static PairLoss cpo(JsonNode fields, double beta) {
    String name = fields.path("loss_type").asText();
    boolean alpha = name.equals("alphapo");
    CpoLoss.Kind kind = CpoLoss.Kind.valueOf(alpha ? "SIMPO" : name.toUpperCase(Locale.ROOT));
    return new CpoLoss(
        kind,
        beta,
        fields.path("label_smoothing").asDouble(),
        alpha ? 0 : fields.path("cpo_alpha").asDouble(1),
        fields.path("simpo_gamma").asDouble(),
        fields.path("alpha").asDouble());
  }

  private static PairLoss dpo(String name, JsonNode fields, double beta) {
    double smoothing = fields.path("label_smoothing").asDouble();
    return switch (name) {
      case "sigmoid" -> new SigmoidLoss(beta);
      case "sigmoid_norm" -> new SigmoidLoss(beta, 0, true);
      case "hinge" -> new HingeLoss(beta);
      case "ipo" -> new IpoLoss(beta);
      case "robust" -> new RobustLoss(beta, smoothing);
      case "exo_pair" -> new ExoLoss(beta, smoothing);
      case "discopop" -> new DiscoPopLoss(beta, fields.path("discopop_tau").asDouble());
      case "sft" -> new LikelihoodLoss(beta);
      default -> new RatioLoss(RatioLoss.Kind.valueOf(name.toUpperCase(Locale.ROOT)), beta);
    };
  }

  /** A tensor of the reference. */
  INDArray expected(String name) {
    try (TensorSource source = TensorSource.open(file())) {
      TensorInfo info = source.tensor(name);
      float[] values = new float[(int) info.elementCount()];
      source.readFloats(name, 0, values, 0, values.length);
      return Nd4j.createFromArray(values)
          .reshape('c', info.shape().stream().mapToLong(Long::longValue).toArray());
    }
  }

  /** The names of tensors that begin with a prefix, without it. */
  List<String> names(String prefix) {
    try (TensorSource source = TensorSource.open(file())) {
      Map<String, TensorInfo> tensors = source.tensors();
      return tensors.keySet().stream()
          .filter(name -> name.startsWith(prefix))
          .map(name -> name.substring(prefix.length()))
          .toList();
    }
  }

  private Path file() {
    String name = loss.isEmpty() ? "expected" : loss + "-" + reference;
    return FOLDER.resolve(base).resolve(name + ".safetensors");
  }
}
