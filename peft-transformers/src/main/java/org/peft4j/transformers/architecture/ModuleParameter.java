package org.peft4j.transformers.architecture;

import java.util.stream.Stream;
import org.peft4j.site.SiteParameter;

/** A parameter and the module that it belongs to. */
public record ModuleParameter(ModulePart module, SiteParameter parameter) {
  /** The parameters of a module, in its order. */
  static Stream<ModuleParameter> of(ModulePart module) {
    return module.site().parameters().stream().map(each -> new ModuleParameter(module, each));
  }
}
