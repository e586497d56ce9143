// What most units of the window include (core/base/usual_headers.h).
#pragma once

#include "core/base/usual_headers.h"

#include <QApplication>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>
