// safetensors: what is written is read; what is hostile is refused with one line.

#include "core/backbone/tensor_file.h"
#include "tests/support/test_support.h"

#include <cstring>

using namespace diapason;
using namespace diapason::testing;

namespace {

std::string file_of(const std::string& header, std::size_t data_bytes) {
    std::string text(8, '\0');
    const std::uint64_t size = header.size();
    std::memcpy(text.data(), &size, 8);
    return text + header + std::string(data_bytes, '\1');
}

} // namespace

class TestSafetensors : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void roundTrip() {
        TemporaryFolder folder;
        const float a[6] = {1, 2, 3, 4, 5, -0.0f};
        const std::int64_t b[2] = {7, -8};
        const std::uint16_t none = 0;
        write_safetensors(folder / "a.safetensors",
                          {{"z.weight", "F32", {2, 3}, a}, {"ids", "I64", {2}, b}, {"empty", "F16", {0, 4}, &none}},
                          {{"note", "kept"}});
        const TensorFile file(folder / "a.safetensors");
        QCOMPARE(file.entries().size(), std::size_t(3));
        QCOMPARE(file.metadata().at("note"), std::string("kept"));
        const TensorEntry* z = file.find("z.weight");
        QVERIFY(z && z->shape == (std::vector<std::int64_t>{2, 3}) && z->dtype == "F32");
        QVERIFY(std::memcmp(file.data(*z), a, sizeof a) == 0);
        QVERIFY(std::memcmp(file.data(*file.find("ids")), b, sizeof b) == 0);
        QVERIFY(!file.find("absent"));
        const std::string first = read_file(folder / "a.safetensors", 1u << 20);
        write_safetensors(folder / "b.safetensors",
                          {{"ids", "I64", {2}, b}, {"empty", "F16", {0, 4}, &none}, {"z.weight", "F32", {2, 3}, a}},
                          {{"note", "kept"}});
        QVERIFY(read_file(folder / "b.safetensors", 1u << 20) == first); // whatever order they were given in
    }

    void refuses_data() {
        QTest::addColumn<QByteArray>("bytes");
        const auto row = [](const char* name, const std::string& bytes) {
            QTest::newRow(name) << QByteArray(bytes.data(), qsizetype(bytes.size()));
        };
        const std::string good = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
        row("empty file", "");
        row("shorter than a header", "abc");
        std::string huge(16, '\xff');
        row("header of 2^64 bytes", huge);
        row("header larger than the file", file_of(good, 8).substr(0, 20));
        row("no JSON", file_of("{nonsense", 0));
        row("an array", file_of("[]", 0));
        row("duplicate name", file_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                                      R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                                      4));
        row("unknown dtype", file_of(R"({"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}})", 8));
        row("missing dtype", file_of(R"({"a":{"shape":[2],"data_offsets":[0,8]}})", 8));
        row("missing offsets", file_of(R"({"a":{"dtype":"F32","shape":[2]}})", 8));
        row("negative shape", file_of(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8));
        row("fractional shape", file_of(R"({"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}})", 8));
        row("shape overflows",
            file_of(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,8]}})", 8));
        row("shape and bytes differ", file_of(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8));
        row("ends before it begins", file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8));
        row("reaches behind the file", file_of(R"({"a":{"dtype":"F32","shape":[200],"data_offsets":[0,800]}})", 8));
        row("negative offset", file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}})", 8));
        row("overlap", file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                               R"("b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
                               12));
        row("a hole", file_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                              R"("b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})",
                              12));
        row("bytes behind the last", file_of(good, 12));
        row("cut off", file_of(good, 4));
        row("metadata is no text",
            file_of(R"({"__metadata__":{"a":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8));
        row("deep nesting", file_of("{\"a\":" + std::string(2000, '[') + std::string(2000, ']') + "}", 0));
        row("invalid UTF-8 in a name",
            file_of("{\"\xff\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8));
        row("extra field", file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}})", 8));
        row("trailing text", file_of(good + " x", 8));
    }
    void refuses() {
        QFETCH(QByteArray, bytes);
        TemporaryFolder folder;
        write_text(folder / "bad.safetensors", bytes.toStdString());
        const Caught error = caught([&] { TensorFile file(folder / "bad.safetensors"); });
        QVERIFY(error.thrown);
        QCOMPARE(error.kind, ErrorKind::input);
        QVERIFY2(error.says("bad.safetensors"), error.message.c_str());
        QVERIFY(error.message.size() < 2000 && error.message.find('\n') == std::string::npos);
    }

    void headerMayBePadded() {
        TemporaryFolder folder;
        write_text(folder / "a.safetensors",
                   file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}    )", 8));
        QCOMPARE(TensorFile(folder / "a.safetensors").entries().size(), std::size_t(1));
    }

    void indexStaysInItsFolder_data() {
        QTest::addColumn<QByteArray>("index");
        QTest::newRow("parent") << QByteArray(R"({"weight_map": {"a": "../secret.safetensors"}})");
        QTest::newRow("absolute") << QByteArray(R"({"weight_map": {"a": "/etc/passwd"}})");
        QTest::newRow("absent shard") << QByteArray(R"({"weight_map": {"a": "absent.safetensors"}})");
        QTest::newRow("not in its shard") << QByteArray(R"({"weight_map": {"b": "one.safetensors"}})");
        QTest::newRow("no map") << QByteArray("{}");
        QTest::newRow("number") << QByteArray(R"({"weight_map": {"a": 3}})");
    }
    void indexStaysInItsFolder() {
        QFETCH(QByteArray, index);
        TemporaryFolder folder;
        const float a[1] = {1};
        write_safetensors(folder / "secret.safetensors", {{"a", "F32", {1}, a}}, {});
        std::filesystem::create_directories(folder / "model");
        write_safetensors(folder.path() / "model" / "one.safetensors", {{"a", "F32", {1}, a}}, {});
        write_text(folder.path() / "model" / "model.safetensors.index.json", index.toStdString());
        QVERIFY(caught([&] { open_weights(folder / "model"); }).thrown);
    }
};

DIAPASON_TEST(TestSafetensors)
#include "test_safetensors.moc"
