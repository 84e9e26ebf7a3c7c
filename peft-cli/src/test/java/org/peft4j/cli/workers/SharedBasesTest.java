package org.peft4j.cli.workers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.AdapterTask;
import org.peft4j.transformers.family.Families;

/** Workers of one JVM share the frozen model. */
class SharedBasesTest {
  private static final Path LLAMA =
      Path.of(System.getProperty("basedir", "."))
          .resolve("../peft-transformers/src/test/resources/golden/bases/llama")
          .normalize();
  private static final TaskHead HEAD = AdapterTask.head(Families.read(LLAMA));

  private static OpenModel open(TransformerOptions options) {
    LoraConfig config = LoraConfig.builder().rank(2).targetModules("q_proj").build();
    return OpenModel.withNewAdapter(LLAMA, HEAD, config, 3, options);
  }

  @Test
  void eachWrapsTheOneBaseThatTheLastOneCloses() {
    List<OpenModel> all =
        IntStream.range(0, 3)
            .parallel()
            .mapToObj(worker -> open(TransformerOptions.defaults()))
            .toList();
    TransformerModel base = all.get(0).base();

    assertThat(all).allSatisfy(each -> assertThat(each.base()).isSameAs(base));
    assertThat(all.stream().map(OpenModel::graph).distinct()).hasSize(3);
    assertThat(all.stream().map(OpenModel::wrapped).map(Optional::orElseThrow).distinct())
        .hasSize(3);
    all.get(0).close();
    all.get(1).close();
    assertThat(SharedBases.users(base)).isEqualTo(1);
    try (OpenModel another = open(TransformerOptions.defaults())) {
      assertThat(another.base()).isSameAs(base);
    }
    all.get(2).close();
    assertThat(SharedBases.users(base)).isZero();
    try (OpenModel later = open(TransformerOptions.defaults())) {
      assertThat(later.base()).isNotSameAs(base);
    }
  }

  @Test
  void otherOptionsAreAnotherBase() {
    try (OpenModel one = open(TransformerOptions.defaults());
        OpenModel other = open(TransformerOptions.defaults().withGradientCheckpointing(true))) {
      assertThat(other.base()).isNotSameAs(one.base());
    }
  }
}
