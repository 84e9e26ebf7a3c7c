package org.peft4j.config;

import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** Whether a selector selects a site, whatever its layer. */
public final class SelectorMatch {
  private SelectorMatch() {}

  /**
   * Compares the site's name and its module's: the end after a dot, or a pattern over the whole.
   */
  public static boolean means(ModuleSelector selector, Site site) {
    if (selector instanceof ModuleSelector.Names names) {
      return names.names().stream().anyMatch(name -> means(name, site));
    }
    if (selector instanceof ModuleSelector.Regex regex) {
      ModulePattern pattern = ModulePattern.compile("module pattern", regex.pattern());
      return pattern.matches(site.name()) || pattern.matches(site.module());
    }
    return selector instanceof ModuleSelector.Every || site.kind() == SiteKind.LINEAR;
  }

  public static boolean means(String name, Site site) {
    return endsWith(site.name(), name) || endsWith(site.module(), name);
  }

  private static boolean endsWith(String path, String name) {
    return path.equals(name) || path.endsWith("." + name);
  }
}
