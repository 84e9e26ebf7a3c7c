package org.peft4j.method;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteRole;

/** Names of modules by their roles. */
class ModelModulesTest {
  private static final ModelModules MODEL =
      new ModelModules(
          Optional.of("new"),
          List.of(
              linear("h.0.attn.project", SiteRole.ATTENTION_OUTPUT),
              linear("h.0.mlp.widen", SiteRole.UP),
              linear("h.0.mlp.project", SiteRole.DOWN),
              Site.place("h.0.mlp", "h.0.mlp", SiteKind.SUBLAYER, 2, 2),
              linear("h.1.mlp.widen", SiteRole.UP),
              linear("h.1.mlp.project", SiteRole.DOWN),
              linear("head", SiteRole.HEAD)));

  @Test
  void aNameIsAsShortAsItCanBe() {
    assertThat(MODEL.named(SiteRole.UP)).contains(List.of("widen"));
    assertThat(MODEL.named(SiteRole.HEAD)).contains(List.of("head"));
  }

  @Test
  void aNameMeansNoModuleOfAnotherRole() {
    assertThat(MODEL.named(SiteRole.DOWN)).contains(List.of("mlp.project"));
    assertThat(MODEL.named(SiteRole.DOWN, SiteRole.ATTENTION_OUTPUT)).contains(List.of("project"));
  }

  @Test
  void thereMayBeNone() {
    assertThat(MODEL.named(SiteRole.QUERY, SiteRole.TOKEN_EMBEDDING)).isEmpty();
  }

  private static Site linear(String name, SiteRole role) {
    return Site.linear(name, name, 2, 2, List.of()).as(role);
  }
}
