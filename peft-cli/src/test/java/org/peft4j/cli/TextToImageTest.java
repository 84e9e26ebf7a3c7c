package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.vision.Picture;
import org.peft4j.vision.PictureReader;
import org.peft4j.vision.PictureWriter;

/** A tiny Stable Diffusion with all its parts learns from pictures with captions, and makes one. */
class TextToImageTest {
  private static final Path RESOURCES =
      Run.GOLDEN.resolve("../../../../../peft-diffusion/src/test/resources").normalize();

  private static Path model;
  private static Path pictures;

  @BeforeAll
  static void make(@TempDir Path folder) throws IOException {
    model = folder.resolve("model");
    copy(RESOURCES.resolve("golden/bases/sd1"), model);
    copy(RESOURCES.resolve("prompts/tokenizer"), model.resolve("tokenizer"));
    copy(RESOURCES.resolve("prompts/text_encoder"), model.resolve("text_encoder"));
    Path scheduler = Files.createDirectory(model.resolve("scheduler"));
    Files.copy(
        RESOURCES.resolve("noise-schedules/stable_diffusion_1/scheduler_config.json"),
        scheduler.resolve("scheduler_config.json"));
    pictures = Files.createDirectory(folder.resolve("pictures"));
    Random random = new Random(8);
    for (int i = 0; i < 4; i++) {
      byte[] values = new byte[40 * 34 * 3];
      random.nextBytes(values);
      PictureWriter.write(pictures.resolve(i + ".png"), Picture.of(40, 34, 3, values));
      Files.writeString(pictures.resolve(i + ".txt"), "a photo of cat " + i);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
  }

  /** What options of a run are unless it has others; a saved adapter has its own rank. */
  private static Run train(Path output, Object... more) {
    List<Object> given = List.of(more);
    List<Object> all =
        new ArrayList<>(List.of("train", "--model", model, "--task", "text-to-image"));
    all.addAll(List.of("--data", pictures, "--output", output));
    Map.of("--resolution", 32, "--rank", 2, "--steps", 3, "--batch-size", 2)
        .forEach(
            (name, value) -> {
              String other = name.equals("--rank") ? "--adapter" : name;
              if (!given.contains(name) && !given.contains(other)) {
                all.addAll(List.of(name, value));
              }
            });
    all.addAll(given);
    return Run.of(all.toArray());
  }

  private static Run generate(Path output, Object... more) {
    Object[] first = {
      "generate-image",
      "--model",
      model,
      "--prompt",
      "a photo of cat",
      "--steps",
      "3",
      "--height",
      "32",
      "--width",
      "24",
      "--output",
      output
    };
    return Run.of(Stream.concat(Stream.of(first), Stream.of(more)).toArray());
  }

  @Test
  void anAdapterIsTrainedAndChangesThePicture(@TempDir Path work) throws IOException {
    Path adapter = work.resolve("adapter");
    Run run = train(adapter, "--learning-rate", "0.5", "--min-snr", "5", "--offset-noise", "0.1");
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("training data: 4 pictures of 32 × 32 pixels", "adapter saved in " + adapter);
    assertThat(Files.readString(adapter.resolve("adapter_config.json")))
        .contains("\"to_out.0\"", "\"task_type\" : null");
    assertThat(Files.readAllLines(adapter.resolve("metrics.jsonl"))).hasSize(3);

    Path plain = work.resolve("plain.png");
    assertThat(generate(plain, "--seed", "3").status()).isZero();
    Picture made = new PictureReader().read(plain);
    assertThat(List.of(made.width(), made.height())).containsExactly(24, 32);
    Path again = work.resolve("again.png");
    generate(again, "--seed", "3");
    assertThat(again).hasSameBinaryContentAs(plain);
    Path other = work.resolve("other.png");
    generate(other, "--seed", "4");
    assertThat(Files.readAllBytes(other)).isNotEqualTo(Files.readAllBytes(plain));
    Path adapted = work.resolve("adapted.png");
    Run with = generate(adapted, "--seed", "3", "--adapter", adapter);
    assertThat(with.status()).as(with.err()).isZero();
    assertThat(with.out()).contains("24 × 32 pixels in 3 steps of ddim written to");
    assertThat(Files.readAllBytes(adapted)).isNotEqualTo(Files.readAllBytes(plain));
  }

  @Test
  void picturesOfTheClassAndMirroredOnesAreAdded(@TempDir Path work) {
    Run run =
        train(
            work.resolve("out"),
            "--random-flip",
            "--instance-prompt",
            "a photo of sks dog",
            "--class-data",
            pictures,
            "--class-prompt",
            "a photo of dog",
            "--prior-weight",
            "0.5",
            "--eval-split",
            "0.25");
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("training data: 16 pictures", "evaluation after step 3: loss", "4 pictures");
  }

  /** Both adapters are saved in PEFT's folders and diffusers' file, and act on pictures. */
  @Test
  void theTextEncoderTrainsToo(@TempDir Path work) throws IOException {
    Path adapter = work.resolve("adapter");
    Run run =
        train(
            adapter,
            "--learning-rate",
            "0.3",
            "--train-text-encoder",
            "--text-encoder-target",
            "q_proj,fc1",
            "--save-for-diffusers",
            "--save-every",
            "2");
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(Files.readString(adapter.resolve("text_encoder/adapter_config.json")))
        .contains("\"q_proj\", \"fc1\"", "\"task_type\" : null");

    Path both = work.resolve("both.png");
    assertThat(generate(both, "--adapter", adapter).status()).isZero();
    Path file = work.resolve("file.png");
    assertThat(
            generate(file, "--adapter", adapter.resolve("pytorch_lora_weights.safetensors"))
                .status())
        .isZero();
    assertThat(file).hasSameBinaryContentAs(both);
    Path folder = Files.createDirectory(work.resolve("alone"));
    for (String name : List.of("adapter_config.json", "adapter_model.safetensors")) {
      Files.copy(adapter.resolve(name), folder.resolve(name));
    }
    Path alone = work.resolve("alone.png");
    assertThat(generate(alone, "--adapter", folder).status()).isZero();
    assertThat(Files.readAllBytes(alone)).isNotEqualTo(Files.readAllBytes(both));

    Path more = work.resolve("more");
    Run again = train(more, "--steps", 1, "--adapter", adapter);
    assertThat(again.status()).as(again.err()).isZero();
    assertThat(more.resolve("text_encoder/adapter_model.safetensors")).exists();
    Run none = train(work.resolve("none"), "--train-text-encoder", "--adapter", folder);
    assertThat(none.err()).contains("has no adapter of the text encoder");
  }

  /** A run that is stopped goes on as if it had not been, with both adapters. */
  @Test
  void bothAdaptersAreResumed(@TempDir Path work) throws IOException {
    Path whole = work.resolve("whole");
    Object[] options = {"--train-text-encoder", "--schedule", "constant", "--save-every", "2"};
    assertThat(train(whole, options).status()).isZero();
    Path parts = work.resolve("parts");
    Run first = train(parts, Run.with(options, "--steps", 2));
    assertThat(first.status()).as(first.err()).isZero();
    Run second = train(parts, Run.with(options, "--resume", parts));
    assertThat(second.status()).as(second.err()).isZero();
    for (String name : List.of("", "text_encoder/")) {
      assertThat(parts.resolve(name + "adapter_model.safetensors"))
          .hasSameBinaryContentAs(whole.resolve(name + "adapter_model.safetensors"));
    }
  }

  /** Numbers are those without a cache; other sizes are encoded anew; a broken file is named. */
  @Test
  void latentsAreEncodedOnce(@TempDir Path work) throws IOException {
    Path cache = work.resolve("latents");
    double[] plain = losses(train(work.resolve("plain"), "--random-flip"), work, "plain");
    Run first = train(work.resolve("first"), "--random-flip", "--cache-latents", cache);
    assertThat(first.out()).contains("latents: 8 encoded, 0 from " + cache);
    assertThat(losses(first, work, "first")).isEqualTo(plain);
    Run second = train(work.resolve("second"), "--random-flip", "--cache-latents", cache);
    assertThat(second.out()).contains("latents: 0 encoded, 8 from " + cache);
    assertThat(losses(second, work, "second")).isEqualTo(plain);
    Object[] smaller = {"--resolution", 16, "--steps", 1, "--cache-latents", cache};
    Run other = train(work.resolve("other"), smaller);
    assertThat(other.out()).as(other.err()).contains("latents: 4 encoded, 0 from");
    Run lower = train(work.resolve("lower"), "--cache-latents", cache, "--precision", "bf16");
    assertThat(lower.out()).as(lower.err()).contains("latents: 4 encoded, 0 from");

    try (Stream<Path> files = Files.list(cache)) {
      for (Path file : files.toList()) {
        Files.write(file, new byte[100]);
      }
    }
    Run broken = train(work.resolve("broken"), "--cache-latents", cache);
    assertThat(broken.status()).isEqualTo(1);
    assertThat(broken.err()).contains(cache.toString());
  }

  private static double[] losses(Run run, Path work, String name) throws IOException {
    assertThat(run.status()).as(run.err()).isZero();
    return Run.numbers(work.resolve(name), "loss");
  }

  @Test
  void weightsMayStayInTheirFile(@TempDir Path work) {
    Run plain = train(work.resolve("plain"));
    Run offloaded = train(work.resolve("offloaded"), "--offload", "disk");
    assertThat(offloaded.status()).as(offloaded.err()).isZero();
    assertThat(work.resolve("offloaded/adapter_model.safetensors"))
        .hasSameBinaryContentAs(work.resolve("plain/adapter_model.safetensors"));
    assertThat(plain.status()).isZero();

    Path picture = work.resolve("plain.png");
    assertThat(generate(picture).status()).isZero();
    Path same = work.resolve("offloaded.png");
    assertThat(generate(same, "--offload", "disk:1M").status()).isZero();
    assertThat(same).hasSameBinaryContentAs(picture);
  }

  @Test
  void theBaseMayBeHeldInFourBits(@TempDir Path work) throws IOException {
    double[] plain = losses(train(work.resolve("plain")), work, "plain");
    double[] four = losses(train(work.resolve("four"), "--quantization", "nf4"), work, "four");
    assertThat(four).hasSize(3);
    for (int step = 0; step < 3; step++) {
      double whole = plain[step];
      // Near those of the whole weights, on the same noise, and not those.
      assertThat(four[step])
          .isCloseTo(whole, within(0.1 * whole))
          .isNotCloseTo(whole, within(1e-4 * whole));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--resolution 30| --resolution is 30; allowed: multiples of 4.",
        "--class-data .| --class-data and --class-prompt go together",
        "--prior-weight 2| --prior-weight is for pictures of --class-data",
        "--min-snr 0| minSnr is 0.0; allowed: above 0.",
        "--text-encoder-target q_proj| --text-encoder-target is for a new adapter with",
        "--save-for-diffusers --set modules_to_save=conv_in| --save-for-diffusers is for LoRA",
        "--offload disk --precision bf16| would be in memory, as BF16",
        "--packing| are not for text-to-image; leave them out.",
      })
  void optionsThatDoNotFitAreRefused(String more, String message, @TempDir Path work) {
    Run run = train(work.resolve("out"), (Object[]) more.split(" "));
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains(message.strip());
  }

  @Test
  void otherCommandsAndModelsAreRefused(@TempDir Path work) {
    assertThat(
            Run.of("eval", "--model", Run.LLAMA, "--task", "text-to-image", "--data", pictures)
                .err())
        .contains("--task text-to-image is for 'peft train'");
    assertThat(generate(work.resolve("a.png"), "--scheduler", "pndm").err())
        .contains("--scheduler is \"pndm\"; allowed: ddim, euler, dpm-solver++.");
    assertThat(generate(work.resolve("a.png"), "--guidance", "0").err())
        .contains("guidance is 0.0; allowed: 1");
    Run none =
        Run.of(
            "generate-image", "--model", Run.LLAMA, "--prompt", "a", "--output", work.resolve("a"));
    assertThat(none.err()).contains("has no unet; give the folder of a model of diffusers");
    Run text =
        Run.of(
            "train",
            "--model",
            Run.LLAMA,
            "--data",
            pictures,
            "--min-snr",
            "5",
            "--output",
            work.resolve("out"));
    assertThat(text.err()).contains("are for --task text-to-image");
  }
}
