// torch's zip files: the same tensors as safetensors, no pickle executed, nothing a hostile file can do.

#include "core/backbone/tensor_file.h"
#include "core/base/json.h"
#include "core/library/torch_conversion.h"
#include "tests/support/torch_archive.h"

#include <cstring>
#include <random>

using namespace diapason;
using namespace diapason::testing;

namespace {

/// {"w": a tensor over storage "0" of `elements` floats}
std::string pickle(int elements, int offset, const std::vector<int>& sizes, const std::vector<int>& strides,
                   const std::string& type = "FloatStorage") {
    std::string shape = "(", steps = "(";
    for (const int n : sizes)
        shape += number(n);
    for (const int n : strides)
        steps += number(n);
    const std::string id =
        "(" + text("storage") + function("torch", type) + text("0") + text("cpu") + number(elements) + "tQ";
    return "\x80\x02}" + text("w") + function("torch._utils", "_rebuild_tensor_v2") + "(" + id + number(offset) +
           shape + "t" + steps + "t\x89" + function("collections", "OrderedDict") + ")RtRs.";
}

std::string floats(std::size_t n) {
    std::string data;
    for (std::size_t i = 0; i < n; ++i)
        put(data, float(i));
    return data;
}

Caught opened(const std::string& bytes) {
    TemporaryFolder folder;
    write_text(folder / "w.bin", bytes);
    return caught([&] { TensorFile file(folder / "w.bin"); });
}

} // namespace

class TestTorchFile : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void equalsTheSafetensorsBesideIt() {
        int files = 0, tensors = 0;
        for (const auto& item : std::filesystem::recursive_directory_iterator(fixtures() / "parity" / "adapterhub")) {
            const auto name = item.path().filename();
            if (name != "pytorch_adapter.bin" && name != "pytorch_model_head.bin") continue;
            ++files;
            const TensorFile torch(item.path());
            const TensorFile safe(item.path().parent_path() /
                                  (name == "pytorch_adapter.bin" ? "adapter.safetensors" : "model_head.safetensors"));
            QCOMPARE(torch.entries().size(), safe.entries().size());
            for (const TensorEntry& expected : safe.entries()) {
                const TensorEntry* got = torch.find(expected.name);
                QVERIFY2(got != nullptr, expected.name.c_str());
                QVERIFY(got->shape == expected.shape && got->dtype == expected.dtype && got->strides.empty());
                QCOMPARE(got->end - got->begin, expected.end - expected.begin);
                QVERIFY(std::memcmp(torch.data(*got), safe.data(expected), expected.end - expected.begin) == 0);
                ++tensors;
            }
        }
        QVERIFY(files >= 10 && tensors > 100);
    }

    void offsetsAndStrides() {
        TemporaryFolder folder;
        write_text(folder / "w.bin",
                   archive({{"a/data.pkl", pickle(12, 2, {2, 3}, {1, 2})}, {"a/data/0", floats(12)}}));
        const TensorFile file(folder / "w.bin");
        const TensorEntry* w = file.find("w");
        QVERIFY(w != nullptr && w->shape == (std::vector<std::int64_t>{2, 3}));
        QVERIFY(w->strides == (std::vector<std::int64_t>{1, 2}));
        float first = 0;
        std::memcpy(&first, file.data(*w), sizeof first);
        QCOMPARE(first, 2.0f);
        QCOMPARE(w->end - w->begin, std::uint64_t(6 * 4)); // elements 2 to 7
        // Converted, the view is a tensor of its own in C order.
        MatchedWeights weights;
        weights.files.push_back(file);
        weights.found["w"] = {&weights.files.front(), weights.files.front().find("w")};
        convert_to_safetensors(weights, folder / "w.safetensors");
        const TensorFile converted(folder / "w.safetensors");
        const float expected[] = {2, 4, 6, 3, 5, 7};
        QVERIFY(converted.find("w")->shape == w->shape);
        QVERIFY(std::memcmp(converted.data(*converted.find("w")), expected, sizeof expected) == 0);
    }

    void badFilesAreRefused_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("reason");
        const auto row = [](const char* name, const std::string& bytes, const char* reason) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << QByteArray(reason);
        };
        const auto file = [](const std::string& pickled, std::size_t elements = 12) {
            return archive({{"a/data.pkl", pickled}, {"a/data/0", floats(elements)}});
        };
        row("calls a program", file("\x80\x02" + function("os", "system") + "(" + text("true") + "tR."), "os.system");
        row("calls a constructor", file("\x80\x02" + function("builtins", "eval") + ")R."), "builtins.eval");
        row("unknown opcode", file("\x80\x02I1\n."), "opcode 73");
        row("no dictionary", file("\x80\x02K\x01."), "dictionary of tensors");
        row("ends early", file("\x80\x02}X\xff\xff"), "cut off");
        row("pops from nothing", file("\x80\x02s."), "takes more values than it has stored");
        row("unknown memo", file("\x80\x02h\x07."), "inconsistent");
        row("storage too short", file(pickle(13, 0, {2}, {1})), "shorter than it claims");
        row("behind the storage", file(pickle(12, 10, {3}, {1})), "reaches beyond");
        row("stride behind the storage", file(pickle(12, 0, {4}, {5})), "reaches beyond");
        row("repeated elements", file(pickle(12, 0, {100, 100}, {0, 0})), "reaches beyond");
        row("other storage", file(pickle(12, 0, {2}, {1}, "QInt8Storage")), "QInt8Storage");
        row("missing storage", archive({{"a/data.pkl", pickle(12, 0, {2}, {1})}}), "storage 0 is missing");
        row("compressed", archive({{"a/data.pkl", "x"}}, 8), "compressed");
        row("no pickle", archive({{"a/readme", "x"}}), "data.pkl is missing");
        row("twice", archive({{"a/data.pkl", "."}, {"a/data.pkl", "."}}), "twice");
        row("big-endian", archive({{"a/data.pkl", "."}, {"a/byteorder", "big"}}), "big-endian");
        // One storage, function, shape and set of hooks, remembered and named again and again.
        std::string many = "\x80\x02}" + text("s") + "(" + text("storage") + function("torch", "FloatStorage") +
                           text("0") + text("cpu") + number(1) + "tQq\1s" + text("f") +
                           function("torch._utils", "_rebuild_tensor_v2") + "q\2s" + text("n") + "(K\1tq\3s" +
                           text("o") + function("collections", "OrderedDict") + ")Rq\4s";
        for (int i = 0; i < 140'000; ++i)
            many += text(std::to_string(i)) + "h\2(h\1" + number(0) + "h\3h\3\x89h\4tRs";
        row("too many tensors", file(many + "."), "too many tensors");
        row("no directory", std::string("PK\3\4") + std::string(100, 'x'), "central directory");
        row("only a start", "PK\3\4", "too short");
    }
    void badFilesAreRefused() {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, reason);
        const Caught error = opened(bytes.toStdString());
        QVERIFY(error.thrown);
        QVERIFY2(error.says(reason.toStdString()), error.message.c_str());
        QVERIFY2(error.says("w.bin"), error.message.c_str());
    }

    // Whatever is cut off or changed: an error or a table, never a crash.
    void damagedFilesAreErrors() {
        const std::string good = archive(
            {{"a/data.pkl", pickle(12, 2, {2, 3}, {1, 2})}, {"a/data/0", floats(12)}, {"a/byteorder", "little"}});
        QVERIFY(!opened(good).thrown);
        for (std::size_t length = 0; length < good.size(); length += 3)
            QVERIFY(opened(good.substr(0, length)).thrown);
        std::mt19937 random(4);
        for (int i = 0; i < 400; ++i) {
            std::string bytes = good;
            bytes[random() % bytes.size()] = char(random());
            opened(bytes);
        }
    }
};

DIAPASON_TEST(TestTorchFile)
#include "test_torch_file.moc"
