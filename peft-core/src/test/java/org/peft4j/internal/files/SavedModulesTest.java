package org.peft4j.internal.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.bitfit.BitFitConfig;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;

/** Which whole modules a file holds: a name of the config may be the end of a longer word. */
class SavedModulesTest {
  private static final List<Site> SITES =
      List.of(
          norm("h.0.input_layernorm"), norm("h.0.post_layernorm"), norm("norm"), norm("lm_head"));

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  private static Site norm(String name) {
    return Site.parameters(name, name, SiteKind.NORM, List.of(SiteParameter.weight("weight", 2)));
  }

  private List<String> saved(String name, String... keys) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    for (String key : keys) {
      tensors.put(key, Values.zeros(2));
    }
    TensorFile.write(folder.resolve(AdapterFiles.WEIGHTS), tensors, Map.of());
    return SavedModules.in(
        folder, BitFitConfig.builder().modulesToSave(name).build(), SITES, Frozen.nothing());
  }

  @Test
  void theConfigsNamesAreFollowedByTheModulesThatTheFileHolds() {
    assertThat(
            saved(
                "norm",
                "base_model.model.norm.weight",
                "base_model.model.h.0.input_layernorm.weight"))
        .containsExactly("norm", "h.0.input_layernorm", "norm");
  }

  @Test
  void whatTheFileDoesNotHoldIsNotAmongThem() {
    assertThat(saved("norm", "base_model.model.h.0.post_layernorm.weight"))
        .containsExactly("norm", "h.0.post_layernorm");
  }

  @Test
  void whatTheConfigDoesNotNameIsNotAmongThem() {
    assertThat(saved("norm", "base_model.model.lm_head.weight", "other")).containsExactly("norm");
  }
}
