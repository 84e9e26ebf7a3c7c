@NullMarked
package org.peft4j.transformers.architecture;

import org.jspecify.annotations.NullMarked;
