package org.peft4j.cli.train;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
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
import org.peft4j.cli.workers.WorkerLaunch;
import org.peft4j.cli.workers.WorkerOptions;
import org.peft4j.cli.workers.WorkerSeat;
import org.peft4j.train.Checkpoints;
import org.peft4j.train.metrics.TrainingListener;
import org.peft4j.train.parallel.Workers;
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
          + " labels of a classifier in config.json, and metrics.jsonl with a line for each step:"
          + " step, loss, learning_rate, grad_norm, step_seconds, tokens_per_second, memory_bytes;"
          + " and for each evaluation: step, eval_loss, eval_predictions.",
      "Ctrl-C ends training after the current step and saves the adapter and a checkpoint, from"
          + " which --resume goes on."
    },
    footer = {
      "",
      "Examples:",
      "  peft train --model my-model --data notes.txt --output my-adapter",
      "  peft train --model my-model --rank 16 --alpha 32 --target all-linear --data chats.jsonl"
          + " \\",
      "    --eval-split 0.1 --epochs 3 --learning-rate 1e-4 --output my-adapter",
      "  peft train --model my-bert --task seq-cls --data reviews.csv --columns"
          + " text=review,label=stars \\",
      "    --output stars",
      "  peft train --model my-model --data notes.txt --output my-adapter --resume my-adapter",
      "  peft train --model my-model --adapter my-chat --objective dpo --reference start \\",
      "    --data pairs.jsonl --output my-dpo",
      "  peft train --model my-model --adapter my-adapter --data more.txt --output my-adapter-2",
      "  peft train --model my-model --data notes.txt --output my-adapter --processes 2"
    })
public final class TrainCommand implements Callable<Integer> {
  private final Optional<WorkerSeat> seat;
  private final WorkerLaunch launch;

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

  @Option(
      names = "--original",
      paramLabel = "DIR",
      description =
          "Folder of the checkpoint that a base in fewer bits was quantised from, for a new adapter"
              + " with --set init_lora_weights=loftq (default: --model, where --quantization"
              + " quantises it).")
  Optional<Path> original = Optional.empty();

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

  @ArgGroup(validate = false, order = 7, heading = "%nSeveral workers:%n")
  WorkerOptions workers = new WorkerOptions();

  /**
   * The command.
   *
   * @param seat this worker's, if it is one of several
   * @param launch starts several
   */
  public TrainCommand(Optional<WorkerSeat> seat, WorkerLaunch launch) {
    this.seat = seat;
    this.launch = launch;
  }

  @Override
  public Integer call() {
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
    workers.contradiction().ifPresent(text -> require(false, text));
    if (printConfig && !training.recommend) {
      Output.of(spec).print(EffectiveOptions.yaml(commandLine()));
      return 0;
    }
    if (task.makesPictures()) {
      require(
          !workers.startOthers(),
          "--processes and --spark-master are not for --task text-to-image; leave them out");
      new ImageTraining(this, Output.of(spec)).run();
      return 0;
    }
    require(!pictures.isGiven(), ImageTrainingOptions.NAMES + " are for --task text-to-image");
    if (seat.isEmpty() && workers.startOthers() && !printConfig) {
      require(
          !kept.tries(),
          "--dry-run and --find-learning-rate try a single process; leave out --processes");
      new Training(this, Output.of(spec)).check();
      return launch.run(
          workers,
          commandLine().getParseResult().originalArgs(),
          title(),
          Output.of(spec),
          Output.error(spec));
    }
    new Training(this, Output.of(spec)).run();
    return 0;
  }

  private String title() {
    return "peft train: " + output.getFileName() + ", a " + model.getFileName();
  }

  /** What this process trains together with. */
  Workers together() {
    return seat.map(WorkerSeat::workers).orElseGet(Workers::alone);
  }

  /** Where to go on from: after a failure of all workers, from the last checkpoint. */
  Optional<Path> checkpoint() {
    if (seat.filter(WorkerSeat::again).isPresent() && Checkpoints.latest(output).isPresent()) {
      kept.resume = Optional.of(output);
    }
    return kept.checkpoint(output);
  }

  /** What listens beside the command's own. */
  List<TrainingListener> listeners() {
    return seat.map(WorkerSeat::listeners).orElseGet(List::of);
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
