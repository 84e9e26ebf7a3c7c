@NullMarked
package org.peft4j.internal.json;

import org.jspecify.annotations.NullMarked;
