// Sliding windows of config.json, as transformers reads them.

#include "core/backbone/backbone_config.h"
#include "core/base/error.h"
#include "tests/support/test_support.h"

using namespace diapason;

namespace {

using Windows = std::vector<std::int64_t>;

Json document(const char* model_type, const char* more) {
    Json config = {{"model_type", model_type}, {"vocab_size", 60},         {"hidden_size", 16},
                   {"num_hidden_layers", 3},   {"num_attention_heads", 4}, {"intermediate_size", 24}};
    config.update(Json::parse(more));
    return config;
}

} // namespace

class TestWindows : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void areRead_data() {
        QTest::addColumn<QString>("type");
        QTest::addColumn<QString>("fields");
        QTest::addColumn<Windows>("windows");
        const auto row = [](const char* type, const char* fields, const Windows& windows) {
            QTest::addRow("%s %s", type, fields) << type << fields << windows;
        };
        row("mistral", R"({"sliding_window": 7})", {7, 7, 7});
        row("mistral", R"({"sliding_window": null})", {});
        row("mistral", "{}", {4096, 4096, 4096}); // its default
        row("llama", R"({"sliding_window": 7})", {});
        row("qwen2", R"({"sliding_window": 7})", {});
        row("qwen2", R"({"use_sliding_window": false, "sliding_window": 7, "max_window_layers": 1})", {});
        row("qwen2", R"({"use_sliding_window": true, "sliding_window": 7, "max_window_layers": 2})", {0, 0, 7});
        row("qwen2", R"({"use_sliding_window": true, "sliding_window": 7, "max_window_layers": 0})", {7, 7, 7});
        row("qwen2", R"({"use_sliding_window": true, "sliding_window": 7})", {0, 0, 0}); // from layer 28 on
        row("qwen2", R"({"use_sliding_window": true, "sliding_window": null, "max_window_layers": 0})", {});
        row("qwen2", R"({"use_sliding_window": true, "sliding_window": 7, "max_window_layers": 3,
                         "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]})",
            {7, 0, 7});
    }
    void areRead() {
        QFETCH(QString, type);
        QFETCH(QString, fields);
        QFETCH(Windows, windows);
        const Json config = document(qPrintable(type), qPrintable(fields));
        QVERIFY(parse_backbone_config(config, "config.json").windows == windows);
    }

    void areRefused_data() {
        QTest::addColumn<QString>("type");
        QTest::addColumn<QString>("fields");
        QTest::addColumn<QString>("reason");
        const auto row = [](const char* type, const char* fields, const char* reason) {
            QTest::addRow("%s %s", type, fields) << type << fields << reason;
        };
        row("mistral", R"({"sliding_window": 0})", "sliding_window");
        row("mistral", R"({"sliding_window": "many"})", "sliding_window");
        row("qwen2", R"({"max_window_layers": -1})", "max_window_layers");
        row("qwen2", R"({"use_sliding_window": true, "sliding_window": 7, "layer_types": ["full_attention"]})",
            "one entry for each layer");
        row("qwen2", R"({"use_sliding_window": true, "layer_types": ["full_attention", "chunked", 3]})", "chunked");
        row("qwen2", R"({"layer_types": ["full_attention", "sliding_attention", "full_attention"]})",
            "needs use_sliding_window");
    }
    void areRefused() {
        QFETCH(QString, type);
        QFETCH(QString, fields);
        QFETCH(QString, reason);
        try {
            parse_backbone_config(document(qPrintable(type), qPrintable(fields)), "config.json");
            QFAIL("accepted");
        } catch (const Error& error) {
            QVERIFY2(QString::fromUtf8(error.what()).contains(reason), error.what());
        }
    }
};

DIAPASON_TEST(TestWindows)
#include "test_windows.moc"
