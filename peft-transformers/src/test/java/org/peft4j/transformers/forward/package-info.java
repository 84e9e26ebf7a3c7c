@NullMarked
package org.peft4j.transformers.forward;

import org.jspecify.annotations.NullMarked;
