package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every task is trained from rows, saved, and measured again, on tiny models with tokenizers. */
class TaskCommandsTest {
  private static final String CLASSES = "accuracy, macro_f1, matthews_correlation";
  private static final String RECALL = "recall@1, recall@5, recall@10";
  private static final Path MODELS = Run.GOLDEN.resolve("predictions");
  private static final Pattern LOSS = Pattern.compile("evaluation after step \\d+: loss ([\\d.]+)");
  private static final Pattern FIRST = Pattern.compile("step 1/\\d+  loss ([\\d.]+)");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  /** Lines in turn: what is to be learned is easy to tell. */
  private static String lines(int times, String... lines) {
    return Stream.generate(() -> String.join("\n", lines) + "\n")
        .limit(times)
        .collect(Collectors.joining());
  }

  static Stream<Arguments> tasks() {
    String cats = "The cat has a hat";
    String kings = "Once there was a king";
    return Stream.of(
        Arguments.of(
            "bert_vectors",
            "--task seq-cls --columns text=review,label=stars",
            "a.csv",
            "stars,review\n" + lines(6, "low,\"" + cats + ", x\"", "high," + kings),
            "sequences: 12"),
        Arguments.of(
            "distilbert_sequence",
            "",
            "a.tsv",
            "text\ttext_pair\tlabel\n" + lines(4, cats + "\tx\tbad", kings + "\twe\tgood"),
            "sequences: 8"),
        Arguments.of(
            "llama_sequence",
            "--label-smoothing 0.1",
            "a.json",
            "["
                + ("{\"text\": \"" + cats + "\", \"label\": 0},").repeat(5)
                + "{\"text\": \""
                + kings
                + "\", \"label\": \"middling\"}]",
            "sequences: 6"),
        Arguments.of(
            "bert_vectors",
            "--task seq-cls",
            "several.jsonl",
            lines(
                4,
                "{\"text\": \"" + cats + "\", \"label\": [\"cat\", \"hat\"]}",
                "{\"text\": \"" + kings + "\", \"label\": []}"),
            "sequences: 8"),
        Arguments.of(
            "bert_vectors",
            "--task seq-cls",
            "numbers.csv",
            "text,label\n" + lines(4, cats + ",2.5", kings + ",-1"),
            "sequences: 8"),
        Arguments.of(
            "bert_vectors",
            "--task token-cls",
            "tags.conll",
            lines(
                5, "The DT O", "cat NN B-PET", "", "Once RB O", "kings NN B-MAN", "x X I-MAN", ""),
            "tokens: 25"),
        Arguments.of(
            "bert_vectors",
            "--task question-ans --stride 4 --sequence-length 24",
            "squad.json",
            "{\"data\": [{\"paragraphs\": [{\"context\": \""
                + cats
                + "\", \"qas\": [{\"id\": \"1\", \"question\": \"What?\", \"answers\":"
                + " [{\"text\": \"hat\", \"answer_start\": 14}]}, {\"id\": \"2\", \"question\":"
                + " \"Who?\", \"answers\": [{\"text\": \"The cat\", \"answer_start\": 0}]}]}]}]}",
            "windows: 2"),
        Arguments.of(
            "bert_vectors",
            "--temperature 0.3 --pooling first",
            "pairs.csv",
            "anchor,positive\n" + lines(2, cats + ",the hat of a cat", kings + ",kings"),
            "examples: 4"),
        Arguments.of(
            "bert_vectors",
            "--task feature-extraction --loss triplet --distance cosine --margin 0.4",
            "triplets.jsonl",
            lines(
                3,
                "{\"anchor\": \"" + cats + "\", \"positive\": \"hats\", \"negative\": \"kings\"}"),
            "examples: 3"),
        Arguments.of(
            "bert_vectors",
            "",
            "scores.tsv",
            "text\ttext_pair\tscore\n" + lines(3, cats + "\thats\t0.1", kings + "\tking\t0.4"),
            "examples: 6"),
        Arguments.of(
            "t5_text",
            "--label-smoothing 0.1",
            "a.csv",
            "source,target\n" + lines(3, cats + ",a cat", kings + ",a king"),
            "tokens:"),
        Arguments.of(
            "t5_text",
            "--task seq-cls",
            "b.csv",
            "text,label\n" + lines(3, cats + ",good", kings + ",bad"),
            "sequences: 6"),
        Arguments.of(
            "t5_text",
            "--task token-cls",
            "tags.conll",
            lines(3, "The DT O", "cat NN B-PET", "", "Once RB O", "kings NN B-MAN", ""),
            "tokens: 12"),
        Arguments.of(
            "t5_text",
            "--task question-ans",
            "answers.jsonl",
            "{\"question\": \"Who?\", \"context\": \""
                + cats
                + "\", \"answers\":"
                + " {\"text\": [\"The cat\"], \"answer_start\": [0]}}\n",
            "windows: 1"),
        Arguments.of(
            "llama_text",
            "--task token-cls",
            "tags.conll",
            lines(3, "The DT O", "cat NN B-PET", "", "Once RB O", "kings NN B-MAN", ""),
            "tokens: 12"),
        Arguments.of(
            "llama_text",
            "--task question-ans",
            "answers.jsonl",
            "{\"question\": \"Who?\", \"context\": \""
                + cats
                + "\", \"answers\":"
                + " {\"text\": [\"The cat\"], \"answer_start\": [0]}}\n",
            "windows: 1"),
        Arguments.of("llama_text", "", "a.csv", "text\n" + lines(3, cats, kings), "tokens:"));
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void everyTaskLearnsFromRowsAndIsMeasuredAgain(
      String model, String options, String name, String text, String counted) throws IOException {
    Path data = Files.writeString(folder.resolve(name), text);
    Path adapter = folder.resolve("adapter");
    List<Object> common =
        new ArrayList<>(List.of("--model", MODELS.resolve(model), "--data", data));
    Stream.of(
            "--columns",
            "--stride",
            "--sequence-length",
            "--loss",
            "--distance",
            "--margin",
            "--temperature",
            "--pooling")
        .forEach(option -> common.addAll(given(options, option)));
    List<Object> train = new ArrayList<>(List.of("train"));
    train.addAll(common);
    Stream.of("--task", "--label-smoothing").forEach(o -> train.addAll(given(options, o)));
    train.addAll(
        List.of(
            "--eval",
            data,
            "--steps",
            8,
            "--batch-size",
            8,
            "--learning-rate",
            0.02,
            "--schedule",
            "constant",
            "--target",
            "all-linear",
            "--output",
            adapter));

    Run trained = Run.of(train.toArray());

    assertThat(trained.status()).as(trained.err()).isZero();
    double first = number(FIRST, trained.out());
    double last = number(LOSS, trained.out());
    assertThat(last).as(trained.out()).isLessThan(0.9 * first);
    if (options.contains("--label-smoothing")) {
      return; // Which eval does not know of.
    }
    List<Object> eval = new ArrayList<>(List.of("eval", "--adapter", adapter, "--batch-size", 8));
    eval.addAll(common);
    Run measured = Run.of(eval.toArray());
    assertThat(measured.status()).as(measured.err()).isZero();
    assertThat(measured.out())
        .startsWith(String.format(java.util.Locale.ROOT, "loss: %.4f%n", last))
        .contains(counted);
    String metrics =
        Map.of(
                "several.jsonl", "subset_accuracy, micro_f1, macro_f1",
                "numbers.csv", "mse, pearson, spearman",
                "tags.conll", "accuracy, precision, recall, f1",
                "squad.json", "exact_match, f1",
                "answers.jsonl", "exact_match, f1",
                "pairs.csv", RECALL,
                "triplets.jsonl", RECALL,
                "scores.tsv", "spearman")
            .getOrDefault(name, counted.startsWith("sequences") ? CLASSES : "");
    assertThat(metrics(measured.out())).isEqualTo(metrics);
    assertThat(measured.out().contains("token_accuracy: "))
        .isEqualTo(model.equals("llama_text") && options.isEmpty());
    eval.add("--loss-only");
    assertThat(metrics(Run.of(eval.toArray()).out())).isEmpty();
  }

  /** The names of what is printed behind the loss and its count. */
  private static String metrics(String out) {
    return out.lines()
        .dropWhile(line -> !line.matches("(tokens|sequences|windows|examples): .*"))
        .skip(1)
        .map(line -> line.substring(0, line.indexOf(':')))
        .collect(Collectors.joining(", "));
  }

  private static List<String> given(String options, String name) {
    List<String> words = Arrays.asList(options.split(" "));
    int at = words.indexOf(name);
    return at < 0 ? List.of() : words.subList(at, at + 2);
  }

  private static double number(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    assertThat(matcher.find()).as(text).isTrue();
    return Double.parseDouble(matcher.group(1));
  }

  @Test
  void labelsAreSavedBesideTheAdapter() throws IOException {
    Path data =
        Files.writeString(
            folder.resolve("a.csv"), "text,label\n" + lines(2, "a cat,pet", "a king,man"));
    Path adapter = folder.resolve("adapter");

    Run run =
        Run.of(
            "train",
            "-m",
            MODELS.resolve("bert_vectors"),
            "-d",
            data,
            "--task",
            "SEQ_CLS",
            "--labels",
            "pet, thing, man",
            "--steps",
            1,
            "-o",
            adapter);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).contains("3 labels: pet, thing, man", "training data: 4 sequences\n");
    assertThat(Files.readString(adapter.resolve("config.json")))
        .containsSubsequence("BertForSequenceClassification")
        .containsSubsequence("\"0\"", "pet", "\"1\"", "thing", "\"2\"", "man");
    assertThat(Files.readString(adapter.resolve("adapter_config.json"))).contains("\"SEQ_CLS\"");
    Run again =
        Run.of(
            "train",
            "-m",
            MODELS.resolve("bert_vectors"),
            "-d",
            data,
            "--adapter",
            adapter,
            "--steps",
            1,
            "-o",
            folder.resolve("again"));
    assertThat(again.out()).as(again.err()).contains("3 labels: pet, thing, man");
    assertThat(folder.resolve("again/config.json"))
        .hasSameTextualContentAs(adapter.resolve("config.json"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bert_vectors  | a.csv | text,label~a,b~               | --task seq-cls | every row has the label \"b\"",
        "bert_vectors  | a.csv | text,label~a,b~c,d~           | --task seq-cls --labels x,y | line 2, column 2: \"label\" has the label \"b\"",
        "bert_vectors  | a.csv | text,label~a,b~c,d~           | --task seq-cls --stride 3 | --stride is for the task question-ans; this is seq-cls.",
        "bert_vectors  | a.csv | text,label~a,b~c,d~           | --task seq-cls --loss triplet | --loss: for the task feature-extraction; this is seq-cls.",
        "bert_vectors  | a.csv | text,text_pair~a,b~           | --labels x,y | --labels are for the task seq-cls, token-cls and image-classification; this is feature-extraction.",
        "bert_vectors  | a.csv | text,text_pair~a,b~           | --loss triplet | needs rows of anchor, positive and negative; the data has pairs.",
        "bert_vectors  | a.csv | text,text_pair~a,b~           | --loss cosine | needs rows of text, text_pair and score; the data has pairs.",
        "bert_vectors  | a.csv | text,text_pair~a,b~           | --margin 2 | --margin is for --loss triplet; the loss is contrastive.",
        "bert_vectors  | a.csv | text,text_pair~a,b~           | --batch-size 1 | --batch-size is 1, and the contrastive loss",
        "bert_vectors  | a.csv | text,text_pair~a,b~           | --temperature 0 | --temperature is 0.0; allowed: above 0",
        "bert_vectors  | a.csv | text,text_pair~a,b~           | --label-smoothing 0.1 | --label-smoothing is 0.1, which is for tokens and classes",
        "bert_sequence | a.csv | text,label~a,bad~c,great~     | '' | line 3, column 2: \"label\" has the label \"great\", which the model has not.",
        "bert_sequence | a.csv | text,label~a,bad~             | --labels bad,good | classifier of 3 labels",
        "bert_vectors  | a.csv | text,label~a,b~c,d~           | --task seq-cls --set task_type=TOKEN_CLS | --task is seq-cls, and --set task_type is TOKEN_CLS; leave one of them out.",
        "bert_sequence | a.csv | text,label~a,bad~             | --task seq-2-seq-lm | the model is of one stack",
        "bert_sequence | a.csv | review,label~a,bad~           | --columns text=reviw | has no \"reviw\", the column of text",
        "bert_sequence | a.csv | text,label~a,bad~             | --problem-type regression | \"label\" is \"bad\"; allowed: a number.",
        "bert_answers  | a.jsonl | {\"question\": \"a\"}~      | '' | line 1 has no \"context\"",
        "bert_answers  | a.jsonl | {\"question\": \"a\", \"context\": \"b\", \"answers\": []}~ | --stride -1 | --stride is -1; allowed: 0 and above.",
        "t5_text       | a.csv | source,target~a,b~            | --task causal-lm | the model is an encoder-decoder",
      })
  void mistakesAreNamed(String model, String name, String text, String options, String message)
      throws IOException {
    Path data = Files.writeString(folder.resolve(name), text.replace('~', '\n'));
    List<Object> words =
        new ArrayList<>(
            List.of("train", "-m", MODELS.resolve(model), "-d", data, "-o", folder.resolve("o")));
    if (!options.isEmpty()) {
      words.addAll(Arrays.asList(options.split(" ")));
    }

    Run run = Run.of(words.toArray());

    assertThat(run.status()).as(run.out()).isEqualTo(1);
    assertThat(run.err()).contains(message).hasLineCount(1);
    assertThat(folder.resolve("o")).doesNotExist();
  }

  @Test
  void firstValuesFromDataLeaveTheNewHeadAlone() throws IOException {
    Path data = Files.writeString(folder.resolve("a.csv"), "text,label\na cat,x\na king,y\n");
    Path adapter = folder.resolve("adapter");
    Path model = MODELS.resolve("bert_vectors");

    Run run =
        Run.of(
            "train",
            "-m",
            model,
            "-d",
            data,
            "--task",
            "seq-cls",
            "--steps",
            1,
            "--set",
            "init_lora_weights=eva",
            "-o",
            adapter);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).contains("eva: first values from 2 sequences");
    assertThat(Files.readString(adapter.resolve("adapter_config.json"))).contains("\"classifier\"");
  }

  @Test
  void aTaskThatIsNoneIsWrongUsage() {
    Run run = Run.of("eval", "-m", "a", "-d", "b", "--task", "seq-class");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err())
        .contains("it is seq-class; allowed: causal-lm, seq-2-seq-lm, seq-cls, token-cls,");
  }

  @Test
  void anAdapterKnowsItsTask() throws IOException {
    Path data = Files.writeString(folder.resolve("a.csv"), "text,label\na,bad\nb,good\n");
    Path adapter = folder.resolve("adapter");
    Path model = MODELS.resolve("bert_sequence");
    assertThat(Run.of("train", "-m", model, "-d", data, "--steps", 1, "-o", adapter).status())
        .isZero();

    Run other = Run.of("eval", "-m", model, "-a", adapter, "-d", data, "--task", "token-cls");
    Run labels = Run.of("eval", "-m", model, "-a", adapter, "-d", data, "--labels", "a,b,c");

    assertThat(other.err()).contains("is for the task seq-cls; leave --task out.");
    assertThat(labels.err()).contains("--labels and --problem-type are for a new head");
  }
}
