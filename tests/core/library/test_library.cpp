// The library of backbones: what comes in, what is refused, what is left behind when something goes wrong.

#include "core/base/paths.h"
#include "core/library/import.h"
#include "core/library/library_folder.h"
#include "tests/support/torch_archive.h"

#include <algorithm>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

using namespace diapason;
using namespace diapason::testing;
namespace fs = std::filesystem;

namespace {

Json calm_canary(const fs::path&) {
    return {{"text", "a"}, {"ids", {2, 5, 3}}, {"values", {0.5, -1.0, 0.25}}};
}

/// Spoils a good folder.
using Spoil = std::function<void(const fs::path&)>;

void change_config(const fs::path& folder, const std::function<void(Json&)>& change) {
    Json document = tiny_backbone_config();
    change(document);
    write_text(folder / "config.json", document.dump());
}

void change_tensors(const fs::path& folder, const std::function<void(std::vector<TinyTensor>&)>& change) {
    std::vector<TinyTensor> tensors = tiny_tensors(tiny_backbone_config());
    change(tensors);
    write_tensors(folder / "model.safetensors", tensors);
}

void shard(const fs::path& folder, const std::string& file) {
    Json map = Json::object();
    for (const TinyTensor& tensor : tiny_tensors(tiny_backbone_config()))
        map[tensor.name] = file;
    write_text(folder / "model.safetensors.index.json", Json{{"weight_map", map}}.dump());
}

} // namespace

Q_DECLARE_METATYPE(Spoil)

class TestLibrary : public QObject {
    Q_OBJECT

    std::unique_ptr<TemporaryFolder> m_folder;

    fs::path source() const { return *m_folder / "tiny"; }
    static BackboneRecord take(const fs::path& from, const std::string& name = {}, const Watch& watch = {}) {
        return import_backbone(from, name, calm_canary, watch);
    }

private Q_SLOTS:
    void init() {
        m_folder = std::make_unique<TemporaryFolder>();
        set_home_folder(*m_folder / "home");
        tiny_backbone(source());
    }

    void comesInWhole() {
        std::vector<double> shares;
        Watch watch;
        watch.progress = [&](const std::string&, double share) { shares.push_back(share); };
        const BackboneRecord record = take(source(), {}, watch);
        QCOMPARE(record.name, std::string("tiny"));
        QCOMPARE(record.licence, std::string("apache-2.0"));
        QCOMPARE(record.dtype, std::string("F32"));
        QCOMPARE(record.family, std::string("bert"));
        QCOMPARE(record.origin, std::string("safetensors"));
        QVERIFY(std::is_sorted(shares.begin(), shares.end()));
        QCOMPARE(shares.back(), 1.0);
        const BackboneEntry entry = find_backbone("tiny");
        QVERIFY(!entry.embedded);
        QCOMPARE(entry.folder, library_folder() / "tiny");
        const auto stored = read_record(entry.folder);
        QVERIFY(stored.has_value());
        QCOMPARE(to_json(*stored), to_json(record));
        QVERIFY(check_files(entry.folder, *stored, {}).empty());
        QCOMPARE(listing(library_folder()), std::vector<std::string>{"tiny"});
        const Json facts = describe_backbone(entry);
        QCOMPARE(facts["parameters"].get<std::int64_t>(), record.parameters);
        std::int64_t sum = 0;
        for (const Json& row : facts["tensors"])
            sum += row["parameters"].get<std::int64_t>();
        QCOMPARE(sum, record.parameters);
        QCOMPARE(facts["tokenizer"]["pieces"], Json(31));
        QCOMPARE(facts["sites"].size(), std::size_t(6));
    }

    void shardsAndLinksComeInAsFiles() {
        fs::rename(source() / "model.safetensors", source() / "blob");
        fs::create_symlink("blob", source() / "model.safetensors");
        take(source(), "linked");
        QVERIFY(!fs::is_symlink(library_folder() / "linked" / "model.safetensors"));
        fs::remove(source() / "model.safetensors");
        fs::rename(source() / "blob", source() / "part-1.safetensors");
        shard(source(), "part-1.safetensors");
        // A single part with an index is a folder of shards all the same.
        const BackboneRecord record = take(source(), "sharded");
        QVERIFY(fs::exists(library_folder() / "sharded" / "part-1.safetensors"));
        QVERIFY2(has_weights(library_folder() / "sharded"), "the index came along");
        QVERIFY(check_files(library_folder() / "sharded", record, {}).empty());
    }

    // The Hugging Face cache: a snapshot is a folder of links to the blobs of its model.
    void snapshotsOfTheHubComeIn_data() {
        QTest::addColumn<bool>("sharded");
        QTest::newRow("one file") << false;
        QTest::newRow("shards") << true;
    }
    void snapshotsOfTheHubComeIn() {
        QFETCH(bool, sharded);
        if (sharded) {
            fs::rename(source() / "model.safetensors", source() / "model-00001-of-00001.safetensors");
            shard(source(), "model-00001-of-00001.safetensors");
        }
        const fs::path model = *m_folder / "models--mine--tiny", snapshot = model / "snapshots" / "abc";
        fs::create_directories(model / "blobs");
        fs::create_directories(snapshot);
        for (const auto& file : fs::directory_iterator(source())) {
            const std::string name = file.path().filename().string();
            fs::rename(file.path(), model / "blobs" / ("blob-" + name));
            fs::create_symlink("../../blobs/blob-" + name, snapshot / name);
        }
        const BackboneRecord record = take(snapshot, "hub");
        for (const auto& file : fs::directory_iterator(library_folder() / "hub"))
            QVERIFY(!file.is_symlink());
        QVERIFY(check_files(library_folder() / "hub", record, {}).empty());
        // Anywhere else is outside.
        write_text(*m_folder / "secret", "s");
        fs::remove(snapshot / "README.md");
        fs::create_symlink("../../../secret", snapshot / "README.md");
        QVERIFY(caught([&] { take(snapshot, "other"); }).says("leads out of its folder"));
    }

    void tensorsWithoutUseAreNoted() {
        change_tensors(source(), [](auto& tensors) { tensors.push_back({"something.else", "F32", {2}, {1, 2}}); });
        const BackboneRecord record = take(source());
        QCOMPARE(record.notes, std::vector<std::string>{"not used: something.else"});
    }

    void refusals_data() {
        QTest::addColumn<Spoil>("spoil");
        QTest::addColumn<QString>("part");
        const auto row = [](const char* name, const Spoil& spoil, const char* part) {
            QTest::newRow(name) << spoil << QString::fromUtf8(part);
        };
        row(
            "no config", [](const fs::path& f) { fs::remove(f / "config.json"); }, "config.json");
        row(
            "config is not JSON", [](const fs::path& f) { write_text(f / "config.json", "{nonsense"); }, "config.json");
        row(
            "unknown family",
            [](const fs::path& f) { change_config(f, [](Json& c) { c["model_type"] = "perceptron"; }); }, "perceptron");
        row(
            "no size", [](const fs::path& f) { change_config(f, [](Json& c) { c.erase("hidden_size"); }); },
            "hidden_size");
        row(
            "absurd size",
            [](const fs::path& f) { change_config(f, [](Json& c) { c["hidden_size"] = 1'000'000'000; }); },
            "hidden_size");
        row(
            "heads do not divide",
            [](const fs::path& f) { change_config(f, [](Json& c) { c["num_attention_heads"] = 3; }); },
            "num_attention_heads");
        row(
            "no weights", [](const fs::path& f) { fs::remove(f / "model.safetensors"); }, "model.safetensors");
        row(
            "empty weights", [](const fs::path& f) { write_text(f / "model.safetensors", ""); }, "is empty");
        row(
            "weights are text", [](const fs::path& f) { write_text(f / "model.safetensors", "not tensors at all"); },
            "safetensors");
        row(
            "cut weights",
            [](const fs::path& f) {
                fs::resize_file(f / "model.safetensors", fs::file_size(f / "model.safetensors") - 4);
            },
            "ends at byte");
        row(
            "a tensor is missing", [](const fs::path& f) { change_tensors(f, [](auto& t) { t.pop_back(); }); },
            "missing");
        row(
            "a tensor has another shape",
            [](const fs::path& f) {
                change_tensors(f, [](auto& t) { std::swap(t.front().shape[0], t.front().shape[1]); });
            },
            "where config.json needs");
        row(
            "a tensor of whole numbers",
            [](const fs::path& f) { change_tensors(f, [](auto& t) { t.front().dtype = "I32"; }); }, "I32");
        row(
            "config with more layers",
            [](const fs::path& f) { change_config(f, [](Json& c) { c["num_hidden_layers"] = 3; }); }, "layer.2");
        row(
            "no tokenizer",
            [](const fs::path& f) {
                fs::remove(f / "vocab.txt");
                fs::remove(f / "tokenizer_config.json");
            },
            "tokenizer");
        row(
            "index names a path",
            [](const fs::path& f) {
                fs::rename(f / "model.safetensors", f.parent_path() / "away.safetensors");
                shard(f, "../away.safetensors");
            },
            "plain file name");
        row(
            "index names an absolute path",
            [](const fs::path& f) {
                fs::rename(f / "model.safetensors", f.parent_path() / "away.safetensors");
                shard(f, "/etc/passwd");
            },
            "plain file name");
        row(
            "index names an absent shard",
            [](const fs::path& f) {
                fs::remove(f / "model.safetensors");
                shard(f, "part-7.safetensors");
            },
            "part-7.safetensors");
        row(
            "index names tensors that the shard lacks",
            [](const fs::path& f) {
                change_tensors(f, [](auto& t) { t.pop_back(); });
                fs::rename(f / "model.safetensors", f / "part.safetensors");
                shard(f, "part.safetensors");
            },
            "does not contain");
        row(
            "a shard leads outside",
            [](const fs::path& f) {
                fs::rename(f / "model.safetensors", f.parent_path() / "away.safetensors");
                fs::create_symlink(f.parent_path() / "away.safetensors", f / "part.safetensors");
                shard(f, "part.safetensors");
            },
            "outside");
        row(
            "a companion leads outside",
            [](const fs::path& f) {
                write_text(f.parent_path() / "id_rsa", "secret");
                fs::remove(f / "README.md");
                fs::create_symlink("../id_rsa", f / "README.md");
            },
            "leads out of its folder");
        row(
            "a config leads outside",
            [](const fs::path& f) {
                fs::rename(f / "config.json", f.parent_path() / "config.json");
                fs::create_symlink("../config.json", f / "config.json");
            },
            "leads out of its folder");
        row(
            "weights lead outside",
            [](const fs::path& f) {
                fs::rename(f / "model.safetensors", f.parent_path() / "away.safetensors");
                fs::create_symlink("../away.safetensors", f / "model.safetensors");
            },
            "leads out of its folder");
        row(
            "a link that leads nowhere",
            [](const fs::path& f) {
                fs::remove(f / "vocab.txt");
                fs::create_symlink("nowhere", f / "vocab.txt");
            },
            "is a broken link");
        row(
            "a pipe for a vocabulary",
            [](const fs::path& f) {
                fs::remove(f / "vocab.txt");
                QVERIFY(::mkfifo((f / "vocab.txt").c_str(), 0600) == 0);
            },
            "not a regular file");
        row(
            "pickle without tensors",
            [](const fs::path& f) {
                fs::remove(f / "model.safetensors");
                write_text(f / "pytorch_model.bin", "\x80\x02}q.");
            },
            "pytorch_model.bin");
        row(
            "a file instead of a folder",
            [](const fs::path& f) {
                fs::remove_all(f);
                write_text(f, "text");
            },
            "neither a folder nor");
        row(
            "nothing at all", [](const fs::path& f) { fs::remove_all(f); }, "no such file or folder");
    }
    void refusals() {
        QFETCH(Spoil, spoil);
        QFETCH(QString, part);
        spoil(source());
        bool tried = false;
        const Caught error = caught([&] {
            import_backbone(source(), "x",
                            [&](const fs::path& folder) {
                                tried = true;
                                return calm_canary(folder);
                            },
                            {});
        });
        QVERIFY2(error.thrown && error.kind == ErrorKind::input, error.message.c_str());
        QVERIFY2(error.says(part.toStdString()), error.message.c_str());
        QVERIFY2(!tried, "what is wrong is found before anything is copied");
        QVERIFY(listing(library_folder()).empty());
    }

    void namesThatCannotBe() {
        for (const char* name : {"../x", "a/b", ".hidden", "-x", "ä", "a b", "..", "/tmp/x"}) {
            const Caught error = caught([&] { take(source(), name); });
            QVERIFY2(error.thrown && error.kind == ErrorKind::config && error.says("--name"), name);
        }
        QVERIFY(caught([&] { take(source(), std::string(65, 'a')); }).thrown);
        QVERIFY(caught([&] { take(source(), "encoder-mini"); }).says("comes with Diapason"));
        QCOMPARE(suggested_name(*m_folder / "My Model (v2)/"), std::string("My-Model--v2-"));
        QVERIFY(listing(library_folder()).empty());
    }

    void aTakenNameKeepsWhatItIs() {
        take(source());
        const Json before = to_json(*read_record(library_folder() / "tiny"));
        QVERIFY(caught([&] { take(source()); }).says("is taken"));
        // Taken by somebody else while this import was at work.
        const Caught error = caught([&] {
            import_backbone(source(), "late",
                            [](const fs::path& folder) {
                                write_text(library_folder() / "late" / "mine.txt", "mine");
                                return calm_canary(folder);
                            },
                            {});
        });
        QVERIFY2(error.says("is taken"), error.message.c_str());
        QCOMPARE(listing(library_folder() / "late"), std::vector<std::string>{"mine.txt"});
        QCOMPARE(to_json(*read_record(library_folder() / "tiny")), before);
    }

    void stoppedOrFailedNothingStays() {
        for (const int after : {0, 1, 3, 6}) {
            int asked = 0;
            Watch watch;
            watch.cancelled = [&] { return asked++ >= after; };
            const Caught error = caught([&] { take(source(), "x", watch); });
            QVERIFY(error.thrown && error.kind == ErrorKind::cancelled);
            QVERIFY(listing(library_folder()).empty());
        }
        const Caught error = caught([&] {
            import_backbone(source(), "x", [](const fs::path&) -> Json { throw input_error("x", "not finite"); }, {});
        });
        QVERIFY(error.says("not finite"));
        QVERIFY(listing(library_folder()).empty());
    }

    // What the engine says of the half-made folder is said of the user's own files: that folder is gone.
    void errorsNameTheUsersOwnFile() {
        const auto message = [&](const char* file, ErrorKind kind) {
            return caught([&] {
                       import_backbone(source(), "x",
                                       [&](const fs::path& folder) -> Json {
                                           throw Error(kind, {"is wrong", (folder / file).string(), "field", {}, {}});
                                       },
                                       {});
                   })
                .message;
        };
        const std::string wrong = ": field: is wrong";
        QCOMPARE(message("vocab.txt", ErrorKind::input), (source() / "vocab.txt").string() + wrong);
        QCOMPARE(message("made.json", ErrorKind::input), source().string() + wrong);
        QCOMPARE(message(".", ErrorKind::input), source().string() + wrong);
        QCOMPARE(message("vocab.txt", ErrorKind::storage), library_folder().string() + wrong);
        QCOMPARE(message("/elsewhere/a.txt", ErrorKind::input), "/elsewhere/a.txt" + wrong);
    }

    // A record of thousands of notes could not be read again.
    void manyUnusedTensorsAreCounted() {
        change_tensors(source(), [](std::vector<TinyTensor>& tensors) {
            for (int i = 0; i < 500; ++i)
                tensors.push_back({"extra." + std::to_string(i), "F32", {1}, {0}});
        });
        const BackboneRecord record = take(source());
        QCOMPARE(record.notes.size(), std::size_t(21));
        QCOMPARE(record.notes.back(), std::string("not used: 480 more tensors"));
    }

    void whatAKilledImportLeftIsSwept() {
        write_text(library_folder() / ".import-abcdef" / "config.json", tiny_backbone_config().dump());
        for (const BackboneEntry& entry : list_backbones())
            QVERIFY(entry.embedded);                         // half an import is no backbone
        const LibraryFolder other(LibraryFolder::importing); // this one is at work, and sweeps
        QVERIFY(!fs::exists(library_folder() / ".import-abcdef"));
        take(source());
        QVERIFY2(fs::exists(other.path()), "an import at work is not swept by another");
    }

    void damageIsFound() {
        const BackboneRecord record = take(source());
        const fs::path folder = library_folder() / "tiny";
        std::string bytes = read_file(folder / "model.safetensors", 1u << 20);
        bytes.back() = static_cast<char>(bytes.back() ^ 1);
        write_text(folder / "model.safetensors", bytes);
        fs::remove(folder / "README.md");
        write_text(folder / "vocab.txt", "short");
        const std::vector<std::string> wrong = check_files(folder, record, {});
        QCOMPARE(wrong.size(), std::size_t(3));
        const auto says = [&](const std::string& part) {
            return std::any_of(wrong.begin(), wrong.end(),
                               [&](const std::string& line) { return line.find(part) != std::string::npos; });
        };
        QVERIFY(says("README.md: is missing") && says("vocab.txt: has 5 bytes") &&
                says("model.safetensors: its content"));
    }

    void canariesAreComparedWithTolerance() {
        const Json recorded = calm_canary({});
        Json now = recorded;
        QCOMPARE(compare_canary(recorded, now), std::string());
        now["values"][1] = -1.0003;
        QCOMPARE(compare_canary(recorded, now), std::string());
        now["values"][1] = -1.01;
        QVERIFY(!compare_canary(recorded, now).empty());
        now["values"][1] = nullptr;
        QVERIFY(!compare_canary(recorded, now).empty());
        now = recorded;
        now["ids"][0] = 3;
        QVERIFY(!compare_canary(recorded, now).empty());
        QVERIFY(!compare_canary({}, recorded).empty());
    }

    void removal() {
        take(source());
        QVERIFY(caught([] { remove_backbone("encoder-mini"); }).says("cannot be removed"));
        QVERIFY(caught([] { remove_backbone("tinny"); }).says("Did you mean tiny"));
        QVERIFY(caught([] { remove_backbone("../backbones/tiny"); }).thrown);
        remove_backbone("tiny");
        QVERIFY(listing(library_folder()).empty());
        // A link that somebody made is removed, not what it leads to.
        fs::create_directory_symlink(source(), library_folder() / "link");
        remove_backbone("link");
        QVERIFY(fs::exists(source() / "config.json"));
        QVERIFY(listing(library_folder()).empty());
    }

    void noPermission() {
        if (::geteuid() == 0) QSKIP("root may write everywhere");
        fs::create_directories(library_folder());
        fs::permissions(library_folder(), fs::perms::owner_read | fs::perms::owner_exec);
        const Caught error = caught([&] { take(source()); });
        fs::permissions(library_folder(), fs::perms::owner_all);
        QVERIFY(error.thrown && error.kind == ErrorKind::storage && error.says("--home"));
    }

    void torchFilesBecomeSafetensors() {
        take(source(), "safe");
        fs::remove(source() / "model.safetensors");
        write_text(source() / "pytorch_model.bin", torch_file(tiny_tensors(tiny_backbone_config())));
        const BackboneRecord record = take(source(), "torch");
        QCOMPARE(record.origin, std::string("pytorch_model.bin"));
        QVERIFY(!fs::exists(library_folder() / "torch" / "pytorch_model.bin"));
        QVERIFY(check_files(library_folder() / "torch", record, {}).empty());
        const TensorFile safe(library_folder() / "safe" / "model.safetensors");
        const TensorFile torch(library_folder() / "torch" / "model.safetensors");
        QCOMPARE(torch.entries().size(), safe.entries().size());
        for (const TensorEntry& entry : safe.entries()) {
            const TensorEntry* other = torch.find(entry.name);
            QVERIFY(other != nullptr && other->shape == entry.shape);
            QVERIFY(std::memcmp(safe.data(entry), torch.data(*other), entry.end - entry.begin) == 0);
        }
    }

    void unknownBackboneOffersTheNearest() {
        QVERIFY(caught([] { resolve_backbone("encoder-mni"); }).says("encoder-mini"));
    }
};

DIAPASON_TEST(TestLibrary)
#include "test_library.moc"
