// Packed data files: the same bytes as the plain ones, in any blocks; and what is damaged says so.

#include "core/data/byte_reader.h"
#include "core/data/readers.h"
#include "core/data/task.h"
#include "tests/support/test_support.h"

#include <zlib.h>
#include <zstd.h>

using namespace diapason;
using namespace diapason::testing;

namespace {

std::string gzip(const std::string& text) {
    std::string packed(compressBound(text.size()) + 64, '\0');
    z_stream state{};
    deflateInit2(&state, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    state.avail_in = static_cast<uInt>(text.size());
    state.next_out = reinterpret_cast<Bytef*>(packed.data());
    state.avail_out = static_cast<uInt>(packed.size());
    deflate(&state, Z_FINISH);
    packed.resize(packed.size() - state.avail_out);
    deflateEnd(&state);
    return packed;
}

std::string zstandard(const std::string& text) {
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
    return packed;
}

std::string unpacked(const std::filesystem::path& file, std::size_t block) {
    ByteReader reader(file);
    std::string text, part(block, '\0');
    while (const std::size_t count = reader.read(part.data(), block))
        text.append(part, 0, count);
    return text;
}

} // namespace

class TestByteReader : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void bytesAreTheSame() {
        TemporaryFolder folder;
        std::string text;
        for (int i = 0; i < 50'000; ++i)
            text += "line " + std::to_string(i * 7919) + "\n";
        const std::string second = "another part\n";
        write_text(folder / "plain", text + second);
        write_text(folder / "a.gz", gzip(text) + gzip(second)); // as gzip itself appends
        write_text(folder / "a.zst", zstandard(text) + zstandard(second));
        for (const char* name : {"plain", "a.gz", "a.zst"})
            for (const std::size_t block : {std::size_t(1000), std::size_t(1) << 16, std::size_t(1) << 22})
                QVERIFY2(unpacked(folder / name, block) == text + second, name);
        write_text(folder / "empty.gz", gzip({}));
        write_text(folder / "empty.zst", zstandard({}));
        write_text(folder / "nothing", "");
        for (const char* name : {"empty.gz", "empty.zst", "nothing"})
            QCOMPARE(unpacked(folder / name, 10), std::string());
    }

    void damagedFilesAreRefused() {
        TemporaryFolder folder;
        std::string text;
        for (int i = 0; i < 5000; ++i)
            text += "line " + std::to_string(i * 7919) + "\n";
        for (const auto& [name, packed] : {std::pair{"a.gz", gzip(text)}, std::pair{"a.zst", zstandard(text)}}) {
            for (const std::size_t kept : {packed.size() / 2, packed.size() - 1, std::size_t(12)}) {
                write_text(folder / name, packed.substr(0, kept));
                const Caught error = caught([&] { unpacked(folder / name, 1000); });
                QVERIFY2(error.thrown && error.kind == ErrorKind::input && error.says(name) && error.says("is damaged"),
                         (std::to_string(kept) + " " + error.message).c_str());
            }
            std::string spoilt = packed;
            spoilt[spoilt.size() / 2] = static_cast<char>(~spoilt[spoilt.size() / 2]);
            spoilt[spoilt.size() / 2 + 1] = static_cast<char>(~spoilt[spoilt.size() / 2 + 1]);
            write_text(folder / name, spoilt);
            caught([&] { QVERIFY(unpacked(folder / name, 1000) != text); });
        }
    }

    // A packed file is a task as a plain one is.
    void packedFilesAreTasks() {
        TemporaryFolder folder;
        std::string text = "sentence\tlabel\n";
        for (int i = 0; i < 100; ++i)
            text += "number " + std::to_string(i) + "\t" + (i % 2 ? "1" : "0") + "\n";
        write_text(folder / "mine.tsv.gz", gzip(text));
        const Task task = load_task((folder / "mine.tsv.gz").string());
        QCOMPARE(task.id, std::string("mine"));
        QCOMPARE(load_split(task, "train").size() + load_split(task, "test").size() +
                     load_split(task, "validation").size(),
                 std::size_t(100));
        QCOMPARE(name_of_data("a/reviews.csv.zst"), std::string("reviews"));
        QCOMPARE(name_of_data("a/reviews.csv"), std::string("reviews"));
    }

    // A few kilobytes that unpack to a gigabyte of one line: refused by the line's length, in little memory.
    void bombsAreBounded() {
        TemporaryFolder folder;
        std::string packed;
        const std::string block = zstandard(std::string(8u << 20, 'a'));
        for (int i = 0; i < 128; ++i)
            packed += block;
        write_text(folder / "bomb.csv.zst", packed);
        forget_peak();
        const std::int64_t before = memory_kb("VmRSS");
        const Caught error = caught([&] { read_dataset("csv", folder / "bomb.csv.zst", {{"text", "1"}}); });
        QVERIFY2(error.says("line 1: is longer than 4 MiB"), error.message.c_str());
        QVERIFY(memory_kb("VmHWM") - before < 100'000);
    }
};

DIAPASON_TEST(TestByteReader)
#include "test_byte_reader.moc"
