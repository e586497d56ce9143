// Hashes, atomic writes (also onto a full disk), numbers as people read them, and the seeds of a run.

#include "core/base/atomic_file.h"
#include "core/base/folder_lock.h"
#include "core/base/format.h"
#include "core/base/rng.h"
#include "core/base/sha256.h"
#include "tests/support/test_support.h"

#include <set>
#include <sys/resource.h>

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

    void fullDiskIsAnErrorThatLeavesTheOldFile() {
        TemporaryFolder folder;
        write_file_atomically(folder / "a.txt", "old");
        ignore_file_size_signal();
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

QTEST_GUILESS_MAIN(TestFiles)
#include "test_files.moc"
