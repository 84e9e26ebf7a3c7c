package org.peft4j.internal.samediff.sites;

import java.util.List;
import java.util.Map;
import org.peft4j.error.PeftException;
import org.peft4j.site.Site;

/**
 * A site of a graph.
 *
 * @param variables the variable of each of its parameters, the weight first
 * @param uses every use of them in the graph
 */
public record GraphSite(Site site, Map<String, String> variables, List<Use> uses) {
  public String variable(String parameter) {
    String variable = variables.get(parameter);
    if (variable == null) {
      throw new PeftException(
          "No parameter "
              + parameter
              + " at "
              + site.name()
              + ". There are: "
              + variables.keySet());
    }
    return variable;
  }
}
