package org.peft4j.internal.files;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.config.PeftConfig;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.method.Methods;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.site.SiteRole;

/** Which modules of a model an adapter's file has as a whole. */
public final class SavedModules {
  private SavedModules() {}

  /**
   * The modules that {@code modules_to_save} means in a file. Hugging Face PEFT takes every module
   * whose path ends with a name, even within a word ({@code norm} is {@code input_layernorm} too),
   * so a file may hold more than the config's names say by their segments. Embeddings and heads may
   * be there without a name, as {@code save_embedding_layers} saves them; a copy of the base
   * model's own is left out.
   */
  public static List<String> in(
      Path folder, PeftConfig config, List<Site> sites, FrozenValues frozen) {
    List<String> names = new ArrayList<>(config.common().modulesToSave());
    String root = Methods.of(config).savedModulesRoot();
    FormerNames former = FormerNames.of(sites);
    try (TensorSource source = AdapterTensors.open(AdapterFiles.weights(folder), config, former)) {
      for (Site site : sites) {
        boolean held =
            site.parameters().stream()
                .anyMatch(p -> source.tensors().containsKey(root + site.name() + "." + p.name()));
        boolean named = config.common().modulesToSave().stream().anyMatch(site.name()::endsWith);
        if (held && named || ofVocabulary(site) && changed(source, root, site, frozen)) {
          names.add(site.name());
        }
      }
    }
    return names;
  }

  /** Whether a site is the table of token embeddings or an output head. */
  static boolean ofVocabulary(Site site) {
    return site.role() == SiteRole.TOKEN_EMBEDDING || site.role() == SiteRole.HEAD;
  }

  /** Whether the file has all of a site's parameters, with other values than the base model. */
  private static boolean changed(TensorSource source, String root, Site site, FrozenValues frozen) {
    String prefix = root + site.name() + ".";
    return site.parameters().stream().allMatch(p -> source.tensors().containsKey(prefix + p.name()))
        && !site.parameters().stream()
            .allMatch(p -> equalsBase(source, prefix + p.name(), p, site, frozen));
  }

  private static boolean equalsBase(
      TensorSource source, String key, SiteParameter parameter, Site site, FrozenValues frozen) {
    TensorInfo info = source.tensors().get(key);
    Optional<INDArray> base = frozen.parameter(site, parameter.name()).array();
    return info != null
        && base.isPresent()
        && info.shape().equals(parameter.shape())
        && TensorFile.equalValues(source, key, base.get());
  }
}
