@NullMarked
package org.peft4j.onednn;

import org.jspecify.annotations.NullMarked;
