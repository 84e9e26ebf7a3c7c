@NullMarked
package org.peft4j.kernel;

import org.jspecify.annotations.NullMarked;
