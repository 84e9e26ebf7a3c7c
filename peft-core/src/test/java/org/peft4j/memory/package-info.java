@NullMarked
package org.peft4j.memory;

import org.jspecify.annotations.NullMarked;
