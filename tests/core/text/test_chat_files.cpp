// Where the chat templates of backbones come from.

#include "core/text/chat/chat_files.h"
#include "tests/support/gguf_writer.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;

namespace {

std::string source_of(const ChatFiles& files, const std::string& name = "default") {
    const ChatFiles::Entry* entry = files.find(name);
    return entry == nullptr ? "none" : entry->source;
}

} // namespace

class TestChatFiles : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void nothingIsNothing() {
        TemporaryFolder folder;
        QVERIFY(read_chat_files(folder.path()).templates.empty());
        write_text(folder / "tokenizer_config.json", R"({"chat_template": null, "bos_token": null})");
        const ChatFiles files = read_chat_files(folder.path());
        QVERIFY(files.templates.empty() && files.special_tokens.empty() && files.find() == nullptr);
    }

    void theConfigSays() {
        TemporaryFolder folder;
        write_text(
            folder / "tokenizer_config.json",
            R"({"chat_template": "{{ 1 }}", "bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false}})");
        write_text(folder / "special_tokens_map.json", R"({"bos_token": "other", "pad_token": {"content": "<pad>"}})");
        const ChatFiles files = read_chat_files(folder.path());
        QCOMPARE(source_of(files), std::string("{{ 1 }}"));
        QVERIFY(files.find()->origin.ends_with("tokenizer_config.json: chat_template"));
        const std::map<std::string, std::string> tokens = {
            {"bos_token", "<s>"}, {"eos_token", "</s>"}, {"pad_token", "<pad>"}};
        QVERIFY(files.special_tokens == tokens);
    }

    void severalHaveNames() {
        TemporaryFolder folder;
        write_text(
            folder / "tokenizer_config.json",
            R"({"chat_template": [{"name": "default", "template": "a"}, {"name": "tool_use", "template": "b"}]})");
        const ChatFiles files = read_chat_files(folder.path());
        QCOMPARE(source_of(files), std::string("a"));
        QCOMPARE(source_of(files, "tool_use"), std::string("b"));
        QCOMPARE(source_of(files, "rag"), std::string("none"));
    }

    void filesOfTheirOwnWin() {
        TemporaryFolder folder;
        write_text(folder / "tokenizer_config.json", R"({"chat_template": "old", "bos_token": "<s>"})");
        write_text(folder / "chat_template.jinja", "new");
        write_text(folder / "additional_chat_templates/rag.jinja", "rag");
        write_text(folder / "additional_chat_templates/notes.txt", "not one");
        const ChatFiles files = read_chat_files(folder.path());
        QCOMPARE(files.templates.size(), std::size_t(2));
        QCOMPARE(source_of(files), std::string("new"));
        QCOMPARE(source_of(files, "rag"), std::string("rag"));
        QCOMPARE(files.special_tokens.at("bos_token"), std::string("<s>"));
    }

    void ggufFilesSayItInTheirHeader() {
        TemporaryFolder folder;
        GgufWriter w;
        w.text("general.architecture", "llama").text("tokenizer.chat_template", "a");
        w.texts("tokenizer.chat_templates", {"tool_use"}).text("tokenizer.chat_template.tool_use", "b");
        w.texts("tokenizer.ggml.tokens", {"<s>", "</s>"}).number("tokenizer.ggml.bos_token_id", 0);
        w.number("tokenizer.ggml.eos_token_id", 1);
        write_text(folder / "m.gguf", w.bytes());
        for (const auto& path : {folder.path(), folder / "m.gguf"}) {
            const ChatFiles files = read_chat_files(path);
            QCOMPARE(source_of(files), std::string("a"));
            QCOMPARE(source_of(files, "tool_use"), std::string("b"));
            const std::map<std::string, std::string> tokens = {{"bos_token", "<s>"}, {"eos_token", "</s>"}};
            QVERIFY(files.special_tokens == tokens);
        }
        w.number("tokenizer.ggml.padding_token_id", 7);
        write_text(folder / "m.gguf", w.bytes());
        QVERIFY(caught([&] { read_chat_files(folder.path()); }).says("is beyond the vocabulary"));
    }

    void damageIsNamed_data() {
        QTest::addColumn<QByteArray>("config");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* name, const char* config, const char* says) {
            QTest::newRow(name) << QByteArray(config) << QByteArray(says);
        };
        row("no JSON", "{", "tokenizer_config.json: not valid JSON");
        row("no object", "[]", "is not a JSON object");
        row("a number", R"({"chat_template": 5})", "chat_template: is neither a template nor a list");
        row("a list of texts", R"({"chat_template": ["a"]})", "chat_template[0].name: is missing or not a text");
        row("no text", R"({"chat_template": [{"name": "a", "template": 1}]})", "chat_template[0].template: is missing");
        row("a token", R"({"bos_token": 3})", "bos_token: is not a token");
        row("a token without content", R"({"eos_token": {}})", "eos_token: is not a token");
    }
    void damageIsNamed() {
        QFETCH(QByteArray, config);
        QFETCH(QByteArray, says);
        TemporaryFolder folder;
        write_text(folder / "tokenizer_config.json", config.toStdString());
        const Caught error = caught([&] { read_chat_files(folder.path()); });
        QVERIFY2(error.kind == ErrorKind::input && error.says(says.toStdString()), error.message.c_str());
        QVERIFY(error.says("Download the file again"));
    }

    void linksStayInside() {
        TemporaryFolder folder, elsewhere;
        write_text(elsewhere / "secret", "x");
        std::filesystem::create_symlink(elsewhere / "secret", folder / "chat_template.jinja");
        QVERIFY(caught([&] { read_chat_files(folder.path()); }).says("points outside the folder"));
    }
};

DIAPASON_TEST(TestChatFiles)
#include "test_chat_files.moc"
