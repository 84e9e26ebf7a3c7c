package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What importing {@code peft-bom} manages: PEFT4J's modules, and nobody else's versions. */
class BomTest {
  private static final Path ROOT = Path.of(System.getProperty("basedir", ".")).resolve("..");

  private static Element pom(String module) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(ROOT.resolve(module).resolve("pom.xml").toFile())
        .getDocumentElement();
  }

  private static List<String> texts(Element root, String tag) {
    NodeList nodes = root.getElementsByTagName(tag);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      texts.add(nodes.item(i).getTextContent().strip());
    }
    return texts;
  }

  @Test
  void managesTheLibrarysModulesAlone() throws Exception {
    Element bom = pom("peft-bom");
    Element parent = pom(".");
    Element managed = (Element) bom.getElementsByTagName("dependencyManagement").item(0);

    assertThat(texts(bom, "parent")).isEmpty();
    assertThat(texts(managed, "groupId")).containsOnly("io.github.peft4j");
    assertThat(texts(bom, "version").get(0)).isEqualTo(texts(parent, "version").get(0));
    assertThat(texts(managed, "version")).containsOnly("${project.version}");
    List<String> library =
        texts(parent, "module").stream()
            .filter(module -> module.startsWith("peft-"))
            .filter(module -> !List.of("peft-bom", "peft-cli", "peft-spark-4").contains(module))
            .toList();
    assertThat(texts(managed, "artifactId")).containsExactlyInAnyOrderElementsOf(library);
  }
}
