#include "ui/theme/icons.h"

#include <QHash>
#include <QIconEngine>
#include <QPainter>
#include <QSvgRenderer>

namespace diapason::ui {
namespace {

const QHash<QString, QString>& paths() {
    static const QHash<QString, QString> table = {
        {QStringLiteral("plus"), QStringLiteral("M8 3v10M3 8h10")},
        {QStringLiteral("open"), QStringLiteral("M2 4.5h4l1.5 1.5H14v7H2z")},
        {QStringLiteral("undo"), QStringLiteral("M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M5.5 3.5l-3 3 3 3")},
        {QStringLiteral("redo"), QStringLiteral("M13 6.5H6.5a3.5 3.5 0 0 0 0 7H10M10.5 3.5l3 3-3 3")},
        {QStringLiteral("search"), QStringLiteral("M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3L14 14")},
        {QStringLiteral("play"), QStringLiteral("M5 3v10l8-5z")},
        {QStringLiteral("pause"), QStringLiteral("M5.5 3v10M10.5 3v10")},
        {QStringLiteral("stop"), QStringLiteral("M4 4h8v8H4z")},
        {QStringLiteral("export"), QStringLiteral("M8 10V2.5M5 5.5l3-3 3 3M3 9v4.5h10V9")},
        {QStringLiteral("copy"), QStringLiteral("M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3")},
        {QStringLiteral("fork"), QStringLiteral("M8 14V9.5M4.5 2v3.5a3.5 3.5 0 0 0 7 0V2")},
        {QStringLiteral("trash"), QStringLiteral("M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.5 9h6l.5-9")},
        {QStringLiteral("check"), QStringLiteral("M3 8.5l3.5 3.5L13 4.5")},
        {QStringLiteral("clock"), QStringLiteral("M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5v3.5l2.5 1")},
        {QStringLiteral("cross"), QStringLiteral("M4 4l8 8M12 4l-8 8")},
        {QStringLiteral("warn"), QStringLiteral("M8 2.5l6 11H2zM8 6.5v3.5M8 11.5v.5")},
        {QStringLiteral("question"), QStringLiteral("M5.5 6a2.5 2.5 0 1 1 3.7 2.2c-.8.4-1.2 1-1.2 1.8M8 12.5v.5")},
        {QStringLiteral("info"), QStringLiteral("M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 7.5v3.5M8 5v.2")},
        {QStringLiteral("home"), QStringLiteral("M2.5 7.5L8 3l5.5 4.5V13h-11z")},
        {QStringLiteral("sliders"), QStringLiteral("M3 5h10M3 11h10M6 3v4M10 9v4")},
        {QStringLiteral("bars"), QStringLiteral("M3.5 13V8M8 13V3M12.5 13V6")},
        {QStringLiteral("rewind"), QStringLiteral("M8 3.5L3 8l5 4.5zM13.5 3.5l-5 4.5 5 4.5z")},
        {QStringLiteral("layers"), QStringLiteral("M8 2.5l6 3-6 3-6-3zM2 8.5l6 3 6-3M2 11.5l6 3 6-3")},
        {QStringLiteral("dots"), QStringLiteral("M3.5 8h.5M8 8h.5M12.5 8h.5")}};
    return table;
}

QByteArray svgOf(const QString& name, const QColor& c) {
    Q_ASSERT(paths().contains(name));
    return QStringLiteral("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><path d='%1' fill='none' "
                          "stroke='%2' stroke-width='1.5' stroke-linecap='round' stroke-linejoin='round'/></svg>")
        .arg(paths().value(name), c.name())
        .toUtf8();
}

// Painted when it is needed, so that an icon follows a change of the palette.
class LineIcon : public QIconEngine {
public:
    LineIcon(const QString& name, Role role) : m_name(name), m_role(role) {}
    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
        QSvgRenderer(svgOf(m_name, colour(mode == QIcon::Disabled ? Role::hint : m_role))).render(painter, rect);
    }
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, QRect(QPoint(), size), mode, state);
        return pixmap;
    }
    QIconEngine* clone() const override { return new LineIcon(m_name, m_role); }

private:
    QString m_name;
    Role m_role;
};

} // namespace

QIcon icon(const QString& name, Role role) {
    return QIcon(new LineIcon(name, role));
}

} // namespace diapason::ui
