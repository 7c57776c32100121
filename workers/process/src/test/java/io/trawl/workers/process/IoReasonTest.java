package io.trawl.workers.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class IoReasonTest {

  private static IOException thrown(Executable read) {
    return assertThrows(IOException.class, read);
  }

  @Test
  void whatTheJdkSaysByTheNameOfAClassIsSaidInWords(@TempDir Path folder) throws Exception {
    var none = folder.resolve("none");
    var binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe});
    assertEquals("it is not there", IoReason.of(thrown(() -> Files.readString(none))));
    assertEquals(none + ": it is not there", IoReason.sentence(thrown(() -> Files.size(none))));
    assertEquals("it is no folder", IoReason.of(new NotDirectoryException("x")));
    assertEquals("it is there already", IoReason.of(thrown(() -> Files.createDirectory(binary))));
    assertEquals(
        "it is a folder that is not empty", IoReason.of(thrown(() -> Files.delete(folder))));
    assertEquals("it is not UTF-8 text", IoReason.of(thrown(() -> Files.readString(binary))));
    assertEquals("access is denied", IoReason.of(new AccessDeniedException("x")));
  }

  @Test
  void aReasonThatIsGivenStays() {
    var full = new FileSystemException("a", null, "No space left on device");
    assertEquals("No space left on device", IoReason.of(full));
    assertEquals("a: No space left on device", IoReason.sentence(full));
    assertEquals("cut off", IoReason.sentence(new IOException("cut off")));
  }

  @Test
  void whoSaysNothingIsSpokenForByItsCause() {
    var silent = new ConnectException();
    assertEquals("no reason is given", IoReason.of(silent));
    silent.initCause(new IOException("Connection refused"));
    assertEquals("Connection refused", IoReason.of(silent));
  }
}
