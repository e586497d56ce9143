// Hashes, atomic writes (also onto a full disk), numbers as people read them, and the seeds of a run.

#include "core/base/atomic_file.h"
#include "core/base/folder_lock.h"
#include "core/base/format.h"
#include "core/base/process.h"
#include "core/base/rng.h"
#include "core/base/sha256.h"
#include "core/base/visible_text.h"
#include "tests/support/test_support.h"

#include <set>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace diapason;
using namespace diapason::testing;

class TestFiles : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sha256OfKnownTexts() {
        // FIPS 180-4 examples.
        QCOMPARE(sha256_hex(""), std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        QCOMPARE(sha256_hex("abc"), std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        QCOMPARE(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                 std::string("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
        QCOMPARE(sha256_hex(std::string(1000000, 'a')),
                 std::string("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
        Sha256 parts; // the same in odd pieces
        const std::string text(1000, 'x');
        for (std::size_t at = 0; at < text.size(); at += 37)
            parts.update(std::string_view(text).substr(at, 37));
        QCOMPARE(parts.hex(), sha256_hex(text));
    }

    void writesAllOrNothing() {
        TemporaryFolder folder;
        write_file_atomically(folder / "a.txt", "old");
        {
            AtomicFile file(folder / "a.txt");
            file.append("half of the new");
        }
        QCOMPARE(read_file(folder / "a.txt", 100), std::string("old"));
        QCOMPARE(std::distance(std::filesystem::directory_iterator(folder.path()), {}), std::ptrdiff_t(1));
        write_file_atomically(folder / "a.txt", "new");
        QCOMPARE(read_file(folder / "a.txt", 100), std::string("new"));
    }

    void permissionsFollowTheUmask() {
        TemporaryFolder folder;
        const auto mode = [&](const char* name) {
            struct stat status {};
            return ::stat((folder / name).c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
        };
        const mode_t before = ::umask(077);
        write_file_atomically(folder / "private", "x");
        ::umask(022);
        write_file_atomically(folder / "readable", "x");
        ::chmod((folder / "readable").c_str(), 0640);
        write_file_atomically(folder / "readable", "y"); // a file keeps what it has
        ::umask(before);
        QCOMPARE(mode("private"), mode_t(0600));
        QCOMPARE(mode("readable"), mode_t(0640));
    }

    void onlyFilesAreReplaced() {
        TemporaryFolder folder;
        const auto write = [&](const char* name) {
            return caught([&] { write_file_atomically(folder / name, "new"); });
        };
        write_text(folder / "file", "old");
        std::filesystem::create_symlink("file", folder / "link");
        QVERIFY(!write("link").thrown);
        QVERIFY(std::filesystem::is_symlink(folder / "link"));
        QCOMPARE(read_file(folder / "file", 100), std::string("new"));
        QVERIFY(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
        std::filesystem::create_directory(folder / "folder");
        std::filesystem::create_symlink("/dev/null", folder / "device");
        std::filesystem::create_symlink("circle", folder / "circle");
        for (const char* name : {"fifo", "folder", "device", "circle"}) {
            const Caught error = write(name);
            QVERIFY2(error.thrown && error.kind == ErrorKind::storage, name);
        }
        QVERIFY(std::filesystem::is_fifo(folder / "fifo"));
    }

    void hiddenCharactersAreShown() {
        QCOMPARE(visible_line("a\r\nb\tc\x0b"), std::string("a b c "));
        QCOMPARE(visible_line("\x1b[31mred"), std::string("\\u{1b}[31mred"));
        QCOMPARE(visible_line("\u202eabc\u2066"), std::string("\\u{202e}abc\\u{2066}"));
        QCOMPARE(visible_line("a\u2028b\u200bc"), std::string("a b\\u{200b}c"));
        QCOMPARE(visible_line(std::string_view("\0\xff", 2)), std::string("\\u{0}\\u{ff}"));
        QCOMPARE(visible_line("Grüße, 你好, 🙂"), std::string("Grüße, 你好, 🙂"));
    }

    void fullDiskIsAnErrorThatLeavesTheOldFile() {
        TemporaryFolder folder;
        write_file_atomically(folder / "a.txt", "old");
        prepare_process();
        rlimit before{};
        getrlimit(RLIMIT_FSIZE, &before);
        rlimit tiny = before;
        tiny.rlim_cur = 4096;
        setrlimit(RLIMIT_FSIZE, &tiny);
        const Caught error = caught([&] { write_file_atomically(folder / "a.txt", std::string(100000, 'x')); });
        setrlimit(RLIMIT_FSIZE, &before);
        QVERIFY(error.thrown);
        QCOMPARE(error.kind, ErrorKind::storage);
        QVERIFY2(error.says("a.txt"), error.message.c_str());
        QCOMPARE(read_file(folder / "a.txt", 100), std::string("old"));
        QCOMPARE(std::distance(std::filesystem::directory_iterator(folder.path()), {}), std::ptrdiff_t(1));
    }

    void missingFolderIsNamed() {
        const Caught error = caught([&] { write_file_atomically("/nonexistent/folder/a.txt", "x"); });
        QVERIFY(error.thrown && error.kind == ErrorKind::storage && error.says("/nonexistent/folder"));
    }

    void numbersAsPeopleReadThem() {
        QCOMPARE(format_number(-0.5, 1), std::string("−0.5"));
        QCOMPARE(format_number(std::numeric_limits<double>::quiet_NaN(), 1), std::string("—"));
        QCOMPARE(format_difference(0.314, 2), std::string("+0.31"));
        QCOMPARE(format_difference(-0.0004, 2), std::string("0.00"));
        QCOMPARE(format_count(294912), std::string("294\u2009912"));
        QCOMPARE(format_count(-1234567), std::string("−1\u2009234\u2009567"));
        QCOMPARE(format_rate(5e-4), std::string("5e−4"));
        QCOMPARE(format_rate(0.03), std::string("0.03"));
        QCOMPARE(format_duration(53), std::string("0:53"));
        QCOMPARE(format_duration(2 * 3600 + 11 * 60), std::string("2 h 11 min"));
        QCOMPARE(format_bytes(1024 * 1024 * 1.2), std::string("1.2 MiB"));
    }

    void oneLockOnAFolder() {
        TemporaryFolder folder;
        {
            const FolderLock held(folder / "new");
            const Caught second = caught([&] { FolderLock other(folder / "new"); });
            QVERIFY2(second.kind == ErrorKind::locked && second.says("new"), second.message.c_str());
            int asked = 0;
            const auto impatient = [&] { return ++asked > 2; };
            QVERIFY(caught([&] { FolderLock other(folder / "new", std::chrono::hours(1), impatient); }).thrown);
            QCOMPARE(asked, 3);
            const FolderLock elsewhere(folder / "other");
        }
        const FolderLock again(folder / "new");
        QVERIFY(std::filesystem::is_empty(folder / "new"));
        write_text(folder / "file", "x");
        QCOMPARE(caught([&] { FolderLock other(folder / "file"); }).kind, ErrorKind::storage);
    }

    void streamsOfOneSeedDiffer() {
        std::set<std::uint64_t> seeds;
        for (std::uint64_t seed = 0; seed < 100; ++seed)
            for (const Stream stream : {Stream::init, Stream::order, Stream::dropout})
                seeds.insert(stream_seed(seed, stream));
        QCOMPARE(seeds.size(), std::size_t(300));
    }
};

DIAPASON_TEST(TestFiles)
#include "test_files.moc"
