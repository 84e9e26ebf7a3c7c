package org.peft4j.cli.train;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.options.AdapterOptions;
import org.peft4j.cli.options.DataOptions;
import org.peft4j.cli.options.Output;
import org.peft4j.cli.options.PrecisionOption;
import org.peft4j.cli.options.TaskOption;
import org.peft4j.cli.options.VectorOptions;
import org.peft4j.cli.picture.ImageTrainingOptions;
import org.peft4j.cli.preference.PreferenceOptions;
import org.peft4j.cli.runfile.EffectiveOptions;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code peft train}: trains an adapter. */
@Command(
    name = "train",
    customSynopsis = "peft train --model DIR --data FILE --output DIR [OPTION]...",
    header = "Train an adapter on a model.",
    description = {
      "Writes adapter_config.json and adapter_model.safetensors, which Python's PEFT loads too, the"
          + " labels of a classifier in config.json, and metrics.jsonl with a line for each step: step, loss, learning_rate, grad_norm,"
          + " step_seconds, tokens_per_second, memory_bytes; and for each evaluation: step, eval_loss, eval_predictions.",
      "Ctrl-C ends training after the current step and saves the adapter and a checkpoint, from which"
          + " --resume goes on."
    },
    footer = {
      "",
      "Examples:",
      "  peft train --model my-model --data notes.txt --output my-adapter",
      "  peft train --model my-model --rank 16 --alpha 32 --target all-linear --data chats.jsonl"
          + " \\",
      "    --eval-split 0.1 --epochs 3 --learning-rate 1e-4 --output my-adapter",
      "  peft train --model my-bert --task seq-cls --data reviews.csv --columns text=review,label=stars \\",
      "    --output stars",
      "  peft train --model my-model --data notes.txt --output my-adapter --resume my-adapter",
      "  peft train --model my-model --adapter my-chat --objective dpo --reference start \\",
      "    --data pairs.jsonl --output my-dpo",
      "  peft train --model my-model --adapter my-adapter --data more.txt --output my-adapter-2"
    })
public final class TrainCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;

  @Option(
      names = {"-m", "--model"},
      required = true,
      paramLabel = "DIR",
      description =
          "Folder of a Hugging Face checkpoint: config.json, safetensors, tokenizer.json.")
  Path model = Path.of("");

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "DIR",
      description = "Folder for the adapter and metrics.jsonl; made if missing.")
  Path output = Path.of("");

  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description =
          "YAML or JSON file of a run: long names of options with their values, such as 'rank: 8'."
              + " Options given here take precedence.")
  Optional<Path> runFile = Optional.empty();

  @Option(
      names = "--print-config",
      description = "Print such a file with all options, defaults included, and end.")
  boolean printConfig;

  @Mixin DataOptions data = new DataOptions();

  @Mixin TaskOption task = new TaskOption();

  @Mixin PrecisionOption precision = new PrecisionOption();

  @ArgGroup(validate = false, order = 1, heading = "%nThe adapter:%n")
  AdapterOptions adapter = new AdapterOptions();

  @ArgGroup(validate = false, order = 3, heading = "%nVectors, for feature-extraction:%n")
  VectorOptions vectors = new VectorOptions();

  @ArgGroup(validate = false, order = 6, heading = "%nBetter and worse answers:%n")
  PreferenceOptions preferences = new PreferenceOptions();

  @ArgGroup(validate = false, order = 5, heading = "%nPictures of texts, for text-to-image:%n")
  ImageTrainingOptions pictures = new ImageTrainingOptions();

  @ArgGroup(validate = false, order = 2, heading = "%nThe training:%n")
  TrainingOptions training = new TrainingOptions();

  @ArgGroup(validate = false, order = 4, heading = "%nThe run:%n")
  RunOptions kept = new RunOptions();

  @Override
  public void run() {
    adapter.contradiction().ifPresent(text -> require(false, text));
    require(
        training.epochs.isEmpty() || training.steps.isEmpty(),
        "--epochs and --steps both say how long to train; give one of them");
    require(
        training.eval.isEmpty() || training.evalSplit.isEmpty(),
        "--eval and --eval-split both say what to evaluate on; give one of them");
    require(
        !(training.packing && training.paddingFree),
        "--packing and --padding-free both say how examples share rows; give one of them");
    kept.contradiction(
            training.eval.isPresent() || training.evalSplit.isPresent(), training.evalEvery > 0)
        .ifPresent(text -> require(false, text));
    if (printConfig && !training.recommend) {
      Output.of(spec).print(EffectiveOptions.yaml(commandLine()));
      return;
    }
    if (task.makesPictures()) {
      new ImageTraining(this, Output.of(spec)).run();
      return;
    }
    require(
        !pictures.isGiven(),
        "--resolution, --random-flip, --instance-prompt, --class-data, --class-prompt,"
            + " --prior-weight, --min-snr and --offset-noise are for --task text-to-image");
    new Training(this, Output.of(spec)).run();
  }

  private void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new ParameterException(commandLine(), otherwise);
    }
  }

  CommandLine commandLine() {
    return Objects.requireNonNull(spec).commandLine();
  }
}
