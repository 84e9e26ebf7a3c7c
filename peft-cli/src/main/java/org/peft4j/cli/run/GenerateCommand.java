package org.peft4j.cli.run;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.options.ModelOptions;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.cli.options.Output;
import org.peft4j.cli.options.TaskOption;
import org.peft4j.cli.options.WeightedFolder;
import org.peft4j.transformers.generation.GeneratedRow;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.tokenizer.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code peft generate}: continues prompts. */
@Command(
    name = "generate",
    customSynopsis = {
      "peft generate --model DIR [--adapter DIR]... --prompt TEXT [OPTION]...",
      "peft generate --model DIR [--adapter DIR]... --messages FILE [OPTION]..."
    },
    header = "Continue a prompt, or several at once.",
    description =
        "Settings that you do not give are those of the model's generation_config.json, and then"
            + " those of Hugging Face transformers: always the likeliest token, at most 20 of them."
            + " Prints each prompt with its continuation; of an encoder-decoder, what it makes of the"
            + " prompt.",
    footer = {
      "",
      "Examples:",
      "  peft generate --model my-model --prompt 'Once upon a time' --max-new-tokens 50",
      "  peft generate --model my-model --adapter my-adapter --prompt 'Dear' --temperature 0.8",
      "  peft generate --model my-chat --chat --system 'Be brief.' --prompt 'Where is the sun?'",
      "  peft generate --model my-chat --messages conversations.jsonl"
    })
public final class GenerateCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;
  @Mixin ModelOptions model = new ModelOptions();

  @Option(
      names = {"-p", "--prompt"},
      paramLabel = "TEXT",
      description = "Text to continue, or for the encoder; repeatable.")
  List<String> prompts = new ArrayList<>();

  @Option(
      names = "--prompt-lookup",
      paramLabel = "N",
      description =
          "Guess N tokens at each step, from what followed the latest ones where they came before:"
              + " the same text in fewer passes where it repeats itself or its prompt. For one prompt"
              + " at a time (default: ${DEFAULT-VALUE}).")
  int promptLookup;

  @Mixin ChatOptions chat = new ChatOptions();
  @Mixin TaskOption task = new TaskOption();
  @Mixin GenerationOptions generation = new GenerationOptions();

  @Override
  public void run() {
    chat.contradiction(prompts)
        .ifPresent(
            text -> {
              throw new ParameterException(Objects.requireNonNull(spec).commandLine(), text);
            });
    OpenModel.check(model.model);
    try (Tokenizer tokenizer = Tokenizer.load(model.model)) {
      run(tokenizer, config(tokenizer));
    }
  }

  private GenerationConfig config(Tokenizer tokenizer) {
    Sampling sampling = new Sampling(generation, model.model, tokenizer.endOfText());
    GenerationConfig config = sampling.config(promptLookup);
    if (generation.verbose) {
      Output.error(spec).println(sampling.told());
      Output.error(spec).println("these apply: " + Sampling.text(config));
    }
    return config;
  }

  private void run(Tokenizer tokenizer, GenerationConfig config) {
    try (OpenModel open = OpenModel.of(model)) {
      task.tell(open.wrapped());
      List<int[]> ids = ids(tokenizer);
      if (promptLookup > 0 && ids.size() > 1) {
        throw new ParameterException(
            Objects.requireNonNull(spec).commandLine(),
            "--prompt-lookup continues one prompt at a time, and there are %d. Run the command for each."
                .formatted(ids.size()));
      }
      List<GeneratedRow> rows = open.generator().with(tokenizer).generate(ids, config).rows();
      boolean decoded = chat.isWanted() || open.base().architecture().encoder().isPresent();
      for (GeneratedRow row : rows) {
        List<Integer> all = new ArrayList<>(decoded ? List.of() : row.prompt());
        all.addAll(row.tokens());
        Output.of(spec)
            .println(tokenizer.decode(all.stream().mapToInt(id -> id).toArray(), true).strip());
      }
    }
  }

  private List<int[]> ids(Tokenizer tokenizer) {
    if (!chat.isWanted()) {
      return prompts.stream().map(text -> tokenizer.encode(text, true)).toList();
    }
    List<Path> folders =
        new ArrayList<>(model.adapters.stream().map(WeightedFolder::folder).toList());
    folders.add(model.model);
    // The template writes special tokens itself.
    return chat.texts(prompts, folders, tokenizer).stream()
        .map(text -> tokenizer.encode(text, false))
        .toList();
  }
}
