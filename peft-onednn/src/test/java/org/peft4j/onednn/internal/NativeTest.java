package org.peft4j.onednn.internal;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which versions of JavaCPP the library is loaded with. */
class NativeTest {
  @ParameterizedTest
  @ValueSource(strings = {"1.4", "1.4.4", "1.5", "1.5.7", "1.5.9", "1.5.12", "1.5.12-SNAPSHOT"})
  void olderOnesAreRefusedWithTheWayOut(String version) {
    assertThatThrownBy(() -> Native.requireJavaCpp(version))
        .isInstanceOf(LinkageError.class)
        .hasMessageContaining("the class path has " + version)
        .hasMessageContaining("name peft-onednn before ND4J's backend");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.5.13", "1.5.14-SNAPSHOT", "1.5.130", "1.6", "1.10.1", "2.0", ""})
  void othersAreTaken(String version) {
    assertThatCode(() -> Native.requireJavaCpp(version)).doesNotThrowAnyException();
  }
}
