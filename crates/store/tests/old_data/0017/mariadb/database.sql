/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `accounts` (
  `number` bigint(20) NOT NULL AUTO_INCREMENT,
  `id` binary(16) NOT NULL,
  `external_id` varbinary(255) DEFAULT NULL,
  `email` text DEFAULT NULL,
  `email_key` varbinary(255) DEFAULT NULL,
  `username` text DEFAULT NULL,
  `username_key` varbinary(255) DEFAULT NULL,
  `name` text DEFAULT NULL,
  `bio` text DEFAULT NULL,
  `contact` text DEFAULT NULL,
  `role` varbinary(32) NOT NULL,
  `disabled_at` bigint(20) DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  `updated_at` bigint(20) NOT NULL,
  `cut_over_at` bigint(20) DEFAULT NULL,
  `disowned_at` bigint(20) DEFAULT NULL,
  `locale` varbinary(32) DEFAULT NULL,
  `email_verified_at` bigint(20) DEFAULT NULL,
  `deletion_requested_at` bigint(20) DEFAULT NULL,
  `delete_at` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`number`),
  UNIQUE KEY `accounts_id` (`id`),
  UNIQUE KEY `accounts_external_id` (`external_id`),
  UNIQUE KEY `accounts_email_key` (`email_key`),
  UNIQUE KEY `accounts_username_key` (`username_key`),
  KEY `accounts_delete_at` (`delete_at`)
) ENGINE=InnoDB AUTO_INCREMENT=21 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (1,0x018C0000000070008000000A00000001,0x36346237663361312DC384C3962DF09D9F99,'Zoë.Ωμέγα@Bücher.example',0x7A6FC3AB2ECF89CEBCCEADCEB3CEB140786E2D2D62636865722D6B76612E6578616D706C65,'Зоя-世界',0xD0B7D0BED18F2DE4B896E7958C,'Zoë 𝓤𝓷𝓲 Ωμέγα שלום','Здравствуйте, 世界 👩‍👩‍👧‍👦\n	\'one\' \"two\" `three` \\four\\ ; -- five %s ?\r\n ','☎ +49 30 1234567 􏿿',0x61646D696E,NULL,1791360060000,1799992800000,NULL,NULL,0x6465,1799940000000,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (2,0x018C0000000070008000000A00000002,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0x75736572,NULL,1791360120000,1791360120000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (3,0x018C0000000070008000000A00000003,NULL,'person-3@example.com',0x706572736F6E2D33406578616D706C652E636F6D,'person-3',0x706572736F6E2D33,NULL,NULL,NULL,0x75736572,1799988000000,1791360180000,1799988000000,NULL,1799988000000,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (4,0x018C0000000070008000000A00000004,NULL,'person-4@example.com',0x706572736F6E2D34406578616D706C652E636F6D,'person-4',0x706572736F6E2D34,NULL,'',NULL,0x75736572,NULL,1791360240000,1791360240000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (6,0x018C0000000070008000000A00000006,NULL,'person-6@example.com',0x706572736F6E2D36406578616D706C652E636F6D,'person-6',0x706572736F6E2D36,NULL,NULL,NULL,0x75736572,NULL,1791360360000,1799988600000,NULL,1799988300000,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (7,0x018C0000000070008000000A00000007,NULL,'person-7@example.com',0x706572736F6E2D37406578616D706C652E636F6D,'person-7',0x706572736F6E2D37,NULL,NULL,NULL,0x75736572,NULL,1791360420000,1799999760000,NULL,1799999760000,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (8,0x018C0000000070008000000A00000008,NULL,'person-8@example.com',0x706572736F6E2D38406578616D706C652E636F6D,NULL,NULL,NULL,NULL,NULL,0x75736572,NULL,1791360480000,1791360480000,NULL,1799999820000,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (9,0x018C0000000070008000000A00000009,NULL,NULL,NULL,'person-9',0x706572736F6E2D39,NULL,NULL,NULL,0x75736572,NULL,1791360540000,1791360540000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (10,0x018C0000000070008000000A0000000A,NULL,'person-10@example.com',0x706572736F6E2D3130406578616D706C652E636F6D,'person-10',0x706572736F6E2D3130,NULL,NULL,NULL,0x75736572,NULL,1791360600000,1791360600000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (11,0x018C0000000070008000000A0000000B,NULL,'person-11@example.com',0x706572736F6E2D3131406578616D706C652E636F6D,'person-11',0x706572736F6E2D3131,NULL,NULL,NULL,0x75736572,NULL,1791360660000,1791360660000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (12,0x018C0000000070008000000A0000000C,NULL,'person-12@example.com',0x706572736F6E2D3132406578616D706C652E636F6D,'person-12',0x706572736F6E2D3132,NULL,NULL,NULL,0x75736572,NULL,1791360720000,1791360720000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (13,0x018C0000000070008000000A0000000D,NULL,'person-13@example.com',0x706572736F6E2D3133406578616D706C652E636F6D,'person-13',0x706572736F6E2D3133,NULL,NULL,NULL,0x75736572,NULL,1791360780000,1791360780000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (14,0x018C0000000070008000000A0000000E,NULL,'person-14@example.com',0x706572736F6E2D3134406578616D706C652E636F6D,'person-14',0x706572736F6E2D3134,NULL,NULL,NULL,0x75736572,1799999880000,1791360840000,1799999880000,NULL,1799999880000,NULL,NULL,1799999880000,1800604800000);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (15,0x018C0000000070008000000A0000000F,NULL,'person-15@example.com',0x706572736F6E2D3135406578616D706C652E636F6D,'person-15',0x706572736F6E2D3135,NULL,NULL,NULL,0x75736572,NULL,1791360900000,1791360900000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (16,0x018C0000000070008000000A00000010,NULL,'person-16@example.com',0x706572736F6E2D3136406578616D706C652E636F6D,'person-16',0x706572736F6E2D3136,NULL,NULL,NULL,0x75736572,NULL,1791360960000,1791360960000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (17,0x018C0000000070008000000A00000011,NULL,'person-17@example.com',0x706572736F6E2D3137406578616D706C652E636F6D,'person-17',0x706572736F6E2D3137,NULL,NULL,NULL,0x75736572,NULL,1791361020000,1791361020000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (18,0x018C0000000070008000000A00000012,NULL,'person-18@example.com',0x706572736F6E2D3138406578616D706C652E636F6D,'person-18',0x706572736F6E2D3138,NULL,NULL,NULL,0x75736572,NULL,1791361080000,1791361080000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (20,0x018C0000000070008000000A00000014,NULL,'person-20@example.com',0x706572736F6E2D3230406578616D706C652E636F6D,'person-20',0x706572736F6E2D3230,NULL,NULL,NULL,0x75736572,NULL,1791361200000,1791361200000,1799994600000,1799995200000,NULL,NULL,NULL,NULL);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `adopted_sessions` (
  `session_id` binary(16) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  PRIMARY KEY (`session_id`),
  KEY `adopted_sessions_expires_at` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `adopted_sessions` (`session_id`, `expires_at`) VALUES (0x018C000000007000800000050000000B,1802592000000);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `audit_events` (
  `id` binary(16) NOT NULL,
  `happened_at` bigint(20) NOT NULL,
  `kind` varbinary(64) NOT NULL,
  `actor_id` binary(16) DEFAULT NULL,
  `account_id` binary(16) DEFAULT NULL,
  `session_id` binary(16) DEFAULT NULL,
  `address` varbinary(64) DEFAULT NULL,
  `user_agent` text DEFAULT NULL,
  `request_id` varbinary(64) DEFAULT NULL,
  `detail` text DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `audit_events_account_id` (`account_id`,`id`),
  KEY `audit_events_kind` (`kind`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000001,1791360060000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000001,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000002,1791360120000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000002,0x018C0000000070008000000A00000002,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000003,1791360180000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000003,0x018C0000000070008000000A00000003,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000004,1791360240000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000004,0x018C0000000070008000000A00000004,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000005,1791360300000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000005,0x018C0000000070008000000A00000005,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000006,1791360360000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000006,0x018C0000000070008000000A00000006,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000007,1791360420000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000007,0x018C0000000070008000000A00000007,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000008,1791360480000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000008,0x018C0000000070008000000A00000008,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000009,1791360540000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000009,0x018C0000000070008000000A00000009,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000000A,1791360600000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A0000000A,0x018C0000000070008000000A0000000A,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000000B,1791360660000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A0000000B,0x018C0000000070008000000A0000000B,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000000C,1791360720000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A0000000C,0x018C0000000070008000000A0000000C,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000000D,1791360780000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A0000000D,0x018C0000000070008000000A0000000D,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000000E,1791360840000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A0000000E,0x018C0000000070008000000A0000000E,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000000F,1791360900000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A0000000F,0x018C0000000070008000000A0000000F,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000010,1791360960000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000010,0x018C0000000070008000000A00000010,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000011,1791361020000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000011,0x018C0000000070008000000A00000011,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000012,1791361080000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000012,0x018C0000000070008000000A00000012,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000013,1791361140000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000013,0x018C0000000070008000000A00000013,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000014,1799987400000,0x726F6C655F6368616E676564,NULL,0x018C0000000070008000000A00000001,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000015,1799988000000,0x6163636F756E745F64697361626C6564,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000003,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000016,1799988300000,0x6163636F756E745F64697361626C6564,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000006,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000017,1799988600000,0x6163636F756E745F656E61626C6564,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000006,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000018,1796544000000,0x6C6F676765645F696E,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000001,0x018C0000000070008000000500000003,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000019,1799996400000,0x6C6F676765645F696E,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000001,0x018C0000000070008000000500000001,0x3139322E302E322E38,'tablet/1',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000001A,1799996400000,0x6C6F676765645F696E,0x018C0000000070008000000A00000002,0x018C0000000070008000000A00000002,0x018C0000000070008000000500000009,NULL,NULL,NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000001B,1799998800000,0x6C6F676765645F696E,0x018C0000000070008000000A00000007,0x018C0000000070008000000A00000007,0x018C0000000070008000000500000004,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000001C,1799998800000,0x6C6F676765645F696E,0x018C0000000070008000000A00000007,0x018C0000000070008000000A00000007,0x018C0000000070008000000500000005,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000001D,1799999580000,0x6C6F676765645F696E,0x018C0000000070008000000A00000007,0x018C0000000070008000000A00000007,0x018C0000000070008000000500000007,0x3139322E302E322E38,'tablet/1',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000001E,1799999640000,0x6C6F676765645F696E,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000001,0x018C0000000070008000000500000002,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000001F,1799999640000,0x6C6F676765645F696E,0x018C0000000070008000000A00000013,0x018C0000000070008000000A00000013,0x018C0000000070008000000500000008,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000020,1799999640000,0x6C6F676765645F696E,0x018C0000000070008000000A00000008,0x018C0000000070008000000A00000008,0x018C000000007000800000050000000A,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000021,1799999400000,0x726566726573685F746F6B656E5F726575736564,NULL,0x018C0000000070008000000A00000007,0x018C0000000070008000000500000004,0x323030313A6462383A6261643A3A31,'curl/8',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000022,1799999700000,0x726566726573685F726574726965645F6C617465,NULL,0x018C0000000070008000000A00000007,0x018C0000000070008000000500000005,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000023,1799999700000,0x73657373696F6E5F7265766F6B6564,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000001,0x018C0000000070008000000500000002,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000024,1799999760000,0x70617373776F72645F6368616E676564,0x018C0000000070008000000A00000007,0x018C0000000070008000000A00000007,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000025,1799999820000,0x73657373696F6E735F7265766F6B6564,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000008,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000026,1799999880000,0x6163636F756E745F64656C65746564,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000005,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000027,1799999880000,0x6163636F756E745F64656C65746564,0x018C0000000070008000000A00000013,0x018C0000000070008000000A00000013,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000028,1799999940000,0x6B6579735F726F7461746564,NULL,NULL,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000029,1799999940000,0x6B6579735F726F7461746564,NULL,NULL,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000002A,1799999940000,0x6B6579735F726F7461746564,NULL,NULL,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000002B,1799999940000,0x6B6579735F726F7461746564,NULL,NULL,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000002C,1799999940000,0x6B6579735F726F7461746564,NULL,NULL,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000002D,1799999940000,0x73657373696F6E5F61646F70746564,0x018C0000000070008000000A00000014,0x018C0000000070008000000A00000014,0x018C000000007000800000050000000B,0x3139322E302E322E38,'tablet/1',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000002E,1799999880000,0x64656C6574696F6E5F7363686564756C6564,0x018C0000000070008000000A0000000E,0x018C0000000070008000000A0000000E,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `audit_seals` (
  `seq` bigint(20) NOT NULL,
  `event_id` binary(16) NOT NULL,
  `seal` varbinary(64) NOT NULL,
  PRIMARY KEY (`seq`),
  UNIQUE KEY `audit_seals_event_id` (`event_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `jobs` (
  `name` varbinary(64) NOT NULL,
  `held_by` varbinary(255) NOT NULL,
  `held_until` bigint(20) NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `jobs` (`name`, `held_by`, `held_until`) VALUES (0x636C6561725F61776179,0x746865206E6F6465206F66206F6C642064617461,1800003000000);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `known_clients` (
  `account_id` binary(16) NOT NULL,
  `place` binary(32) NOT NULL,
  `seen_at` bigint(20) NOT NULL,
  PRIMARY KEY (`account_id`,`place`),
  KEY `known_clients_seen_at` (`seen_at`),
  CONSTRAINT `known_clients_account_id` FOREIGN KEY (`account_id`) REFERENCES `accounts` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `known_clients` (`account_id`, `place`, `seen_at`) VALUES (0x018C0000000070008000000A00000001,0xFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFE,1799996400000);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `one_time_tokens` (
  `id` binary(16) NOT NULL,
  `purpose` varbinary(32) NOT NULL,
  `account_id` binary(16) DEFAULT NULL,
  `email` text NOT NULL,
  `email_key` varbinary(255) NOT NULL,
  `digest` binary(32) NOT NULL,
  `code_digest` binary(32) DEFAULT NULL,
  `payload` mediumtext DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `one_time_tokens_digest` (`digest`),
  KEY `one_time_tokens_account_id` (`account_id`,`purpose`),
  KEY `one_time_tokens_email_key` (`email_key`,`purpose`,`id`),
  KEY `one_time_tokens_purpose` (`purpose`,`id`),
  KEY `one_time_tokens_expires_at` (`expires_at`),
  CONSTRAINT `one_time_tokens_account_id` FOREIGN KEY (`account_id`) REFERENCES `accounts` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `one_time_tokens` (`id`, `purpose`, `account_id`, `email`, `email_key`, `digest`, `code_digest`, `payload`, `created_at`, `expires_at`) VALUES (0x018C0000000070008000000700000001,0x756E646F5F64656C6574696F6E,0x018C0000000070008000000A0000000E,'person-14@example.com',0x706572736F6E2D3134406578616D706C652E636F6D,0x76A00D177723289C3C288AC8967D86D90171D5DE101F5E5CA016A133B04C3A83,NULL,NULL,1799999880000,1800604800000);
INSERT INTO `one_time_tokens` (`id`, `purpose`, `account_id`, `email`, `email_key`, `digest`, `code_digest`, `payload`, `created_at`, `expires_at`) VALUES (0x018C0000000070008000000700000002,0x7265676973746572,NULL,'Neue@Bücher.example',0x6E65756540786E2D2D62636865722D6B76612E6578616D706C65,0x91AE46B34C2B977A3B1BD5D6C7C564A51623C891D703A414106ED07C3AC6E29D,0xD5227336DF10F1F1288BBC03428BB530AD70638774D982285DE24562DBF729B6,'{\"name\":\"Ωμέγα 👩‍👩‍👧‍👦 \' \\\\ $1 ?\"}',1799999880000,1800604800000);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `outbox` (
  `id` binary(16) NOT NULL,
  `kind` varbinary(64) NOT NULL,
  `account_id` binary(16) DEFAULT NULL,
  `email` text NOT NULL,
  `email_key` varbinary(255) NOT NULL,
  `locale` varbinary(32) DEFAULT NULL,
  `address` varbinary(64) DEFAULT NULL,
  `user_agent` text DEFAULT NULL,
  `token_id` binary(16) DEFAULT NULL,
  `detail` text DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  `state` varbinary(32) NOT NULL,
  `attempts` bigint(20) NOT NULL,
  `due_at` bigint(20) NOT NULL,
  `held_by` varbinary(255) DEFAULT NULL,
  `held_until` bigint(20) DEFAULT NULL,
  `last_error` text DEFAULT NULL,
  `finished_at` bigint(20) DEFAULT NULL,
  `priority` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `outbox_due_at` (`state`,`priority`,`due_at`,`id`),
  KEY `outbox_state` (`state`,`id`),
  KEY `outbox_email_id` (`email_key`,`id`),
  KEY `outbox_email_key` (`email_key`,`kind`,`finished_at`),
  KEY `outbox_finished_at` (`state`,`finished_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `outbox` (`id`, `kind`, `account_id`, `email`, `email_key`, `locale`, `address`, `user_agent`, `token_id`, `detail`, `created_at`, `state`, `attempts`, `due_at`, `held_by`, `held_until`, `last_error`, `finished_at`, `priority`) VALUES (0x018C0000000070008000000300000001,0x64656C6574696F6E5F7363686564756C6564,0x018C0000000070008000000A0000000E,'person-14@example.com',0x706572736F6E2D3134406578616D706C652E636F6D,0x656E,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',0x018C0000000070008000000700000001,NULL,1799999880000,0x70656E64696E67,0,1799999880000,0x746865206E6F6465206F66206F6C642064617461,1800000030000,NULL,NULL,0);
INSERT INTO `outbox` (`id`, `kind`, `account_id`, `email`, `email_key`, `locale`, `address`, `user_agent`, `token_id`, `detail`, `created_at`, `state`, `attempts`, `due_at`, `held_by`, `held_until`, `last_error`, `finished_at`, `priority`) VALUES (0x018C0000000070008000000300000002,0x7265676973746572,NULL,'Neue@Bücher.example',0x6E65756540786E2D2D62636865722D6B76612E6578616D706C65,NULL,NULL,NULL,0x018C0000000070008000000700000002,'\'one\' \"two\" 世界',1799999940000,0x70656E64696E67,1,1800000060000,NULL,NULL,'450 4.2.0 später',NULL,1);
INSERT INTO `outbox` (`id`, `kind`, `account_id`, `email`, `email_key`, `locale`, `address`, `user_agent`, `token_id`, `detail`, `created_at`, `state`, `attempts`, `due_at`, `held_by`, `held_until`, `last_error`, `finished_at`, `priority`) VALUES (0x018C0000000070008000000300000003,0x70617373776F72645F6368616E676564,0x018C0000000070008000000A00000007,'person-7@example.com',0x706572736F6E2D37406578616D706C652E636F6D,0x656E,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL,1799999760000,0x73656E74,1,1799999760000,NULL,NULL,NULL,1799999820000,0);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `passwords` (
  `account_id` binary(16) NOT NULL,
  `hash` varbinary(1024) NOT NULL,
  `updated_at` bigint(20) NOT NULL,
  PRIMARY KEY (`account_id`),
  CONSTRAINT `passwords_account_id` FOREIGN KEY (`account_id`) REFERENCES `accounts` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000001,0x243262243034244F6C64446174614F6C64446174614F6C64446174614F4E7172705265374433426E5A4463796C43794664663571624535644743342E,1791360060000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000003,0x243262243034244F6C64446174614F6C64446174614F6C64446174614F4E7172705265374433426E5A4463796C43794664663571624535644743342E,1791360180000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000006,0x243262243034244F6C64446174614F6C64446174614F6C64446174614F4E7172705265374433426E5A4463796C43794664663571624535644743342E,1791360360000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000007,0x243262243034244F6C64446174614F6C64446174614F6C64446174614F4E7172705265374433426E5A4463796C43794664663571624535644743342E,1799999760000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000008,0x243261243034244F6C64446174614F6C64446174614F6C64446174614F6F57524A2F4437677434714D78433248797042414462385361365737372E47,1791360480000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000009,0x243278243034244F6C64446174614F6C64446174614F6C64446174614F557641567532493132352F33686330506C4D4A726F3131714D4E3167586669,1791360540000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A0000000A,0x243279243034244F6C64446174614F6C64446174614F6C64446174614F4B366E747575762F43337067784E2E5976324C6D6E5373674A2F4A625A3869,1791360600000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A0000000B,0x246172676F6E32696424763D3139246D3D3235362C743D322C703D3124633239745A584E68624851246E663635454F674C72514D522F7549506E413472457346356837544B79517775395531624D434847692F34,1791360660000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A0000000C,0x246172676F6E326924763D3139246D3D3235362C743D322C703D3224633239745A584E6862485124542F584F4A326D68312F5449704A4866436451616E3736513565734346566F54354D4165494D314F713245,1791360720000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A0000000D,0x246172676F6E3269246D3D3235362C743D322C703D3124633239745A584E68624851242F5533595058597353623371395878487663304D4C7875722B47503936306B4E396A37656D5858387A7759,1791360780000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A0000000E,0x24736372797074246C6E3D342C723D382C703D31246232786B4C57526864474574633246736441244B76326933613173662F2B376A39764A752F58595446644B392B674B3754304865534A4577596948583067,1791360840000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A0000000F,0x2470626B6466322D73686132353624693D313030302C6C3D3332246232786B4C5752686447457463324673644124516B334F52326652794D4A5377743949374A686263554873522F52574F2F333947764A4F45396F384B616F,1791360900000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000010,0x2470626B6466322D73686135313224693D313030302C6C3D3332246232786B4C5752686447457463324673644124434E2F73364341426377666F742F346371736E784B323832654B75784E724168673158344F686B7775306F,1791360960000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000011,0x70626B6466325F7368613235362431303030246F6C646461746173616C7424724D626732514B6E34336742334644494777566675744B624763504944703958784C464A3142776E4D4C493D,1791361020000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000012,0x2470626B64663224313030302438504879382F5431397666342E6672372F50332E2F7724564C4F7773624C4D694E595A326964424C624E4646434371352E77,1791361080000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000014,0x243262243034244F6C64446174614F6C64446174614F6C64446174614F4E7172705265374433426E5A4463796C43794664663571624535644743342E,1791361200000);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `revocations` (
  `session_id` binary(16) NOT NULL,
  `revoked_at` bigint(20) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  PRIMARY KEY (`session_id`),
  KEY `revocations_revoked_at` (`revoked_at`),
  KEY `revocations_expires_at` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `revocations` (`session_id`, `revoked_at`, `expires_at`) VALUES (0x018C0000000070008000000500000002,1799999700000,1800000540000);
INSERT INTO `revocations` (`session_id`, `revoked_at`, `expires_at`) VALUES (0x018C0000000070008000000500000004,1799999400000,1800000060000);
INSERT INTO `revocations` (`session_id`, `revoked_at`, `expires_at`) VALUES (0x018C0000000070008000000500000007,1799999760000,1800000480000);
INSERT INTO `revocations` (`session_id`, `revoked_at`, `expires_at`) VALUES (0x018C0000000070008000000500000008,1799999880000,1800000540000);
INSERT INTO `revocations` (`session_id`, `revoked_at`, `expires_at`) VALUES (0x018C000000007000800000050000000A,1799999820000,1800000540000);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `schema_migrations` (
  `version` bigint(20) NOT NULL,
  `name` varbinary(255) NOT NULL,
  `checksum` varbinary(64) NOT NULL,
  `applied_at` bigint(20) NOT NULL,
  PRIMARY KEY (`version`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (1,0x303030315F6163636F756E7473,0x64326135666635613165633564616531613737396262333863623930306438366365613930653231393234373433343538306238316164373566383035386263,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (2,0x303030325F70617373776F726473,0x30396135346439303036633139343262326539346231346132393666316663326662646232616464323437313934393538636361623563323563393830636230,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (3,0x303030335F73657373696F6E73,0x64326139316437336466306362646437366262653631393364323531626537303630383262386465386130616130396435646462306333393839303238316230,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (4,0x303030345F7265766F636174696F6E73,0x32653534393761616434316462316631346333326366396464653966393666316632646263366161346538656530616638323134666165366231373630613962,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (5,0x303030355F7369676E696E675F6B657973,0x31643738643764646631363566326438643163623236316663626339346338643036366236393630636362613438313862306131623664333164636332386366,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (6,0x303030365F61756469745F6576656E7473,0x31346633363434323338383064333633333366656164383861643032613734663732646663646262363630333564613033393730373739323037343834326637,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (7,0x303030375F6A6F6273,0x30336533333433663934386465616166393131386232353239393262396135646434336166633761653639646234396639643439636636386633653662323263,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (8,0x303030385F6163636F756E745F6375745F6F766572,0x37393934373863303661376663643464643932633764306536343461656333326337623336363664653938366437613430633437373631633335336235626534,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (9,0x303030395F61646F707465645F73657373696F6E73,0x39653632326337346139626335346164313765383066623538343264656239613865373266313162633464306362643233643335366334373032653430663163,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (10,0x303031305F7468726F74746C6573,0x32363966643964333963653330663831666538343666353237393761616262613734663137643836363537613638353138623738643466643261653033663366,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (11,0x303031315F61756469745F7365616C73,0x32313666376466326232623030363131323030373434623063633830633437396435326263313735666561363130656264643438396132326331333763343538,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (12,0x303031325F73657373696F6E5F61757468656E746963617465645F6174,0x35393734353733386431303763363266663239376235333963643039303662306165343539326138393037623563633033616133383937616533323565336464,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (13,0x303031335F61756469745F6576656E745F64657461696C73,0x34653538303361363832646433613561626231346138623161306534653961663535343937643564613132393663396534636433363564313563396635396530,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (14,0x303031345F6163636F756E745F6D61696C73,0x32346536306330623734306262643230353433663131343235616165623538326263666362663538643362666238633166393934623962646637663866336564,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (15,0x303031355F6F6E655F74696D655F746F6B656E73,0x65616362363430613537623661363533653035376335613562643062303339316331366466633239353264323666346136353432343665373532393231643235,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (16,0x303031365F6F7574626F78,0x35666336306435366431656634306137303437353162323630383534373064393164353562393138613130623933616133326464643832356264613766313865,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (17,0x303031375F6B6E6F776E5F636C69656E7473,0x34373232383765323833303635646463636264363863346165316632643937346637356265376538663338343064636239343631656130613435623063396639,1800000000000);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `sessions` (
  `id` binary(16) NOT NULL,
  `account_id` binary(16) NOT NULL,
  `generation` bigint(20) NOT NULL,
  `rotations` text NOT NULL,
  `address` varbinary(64) DEFAULT NULL,
  `user_agent` text DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  `last_seen_at` bigint(20) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  `idle_expires_at` bigint(20) NOT NULL,
  `access_expires_at` bigint(20) NOT NULL,
  `revoked_at` bigint(20) DEFAULT NULL,
  `revoke_reason` varbinary(64) DEFAULT NULL,
  `authenticated_at` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `sessions_account_id` (`account_id`,`id`),
  KEY `sessions_idle_expires_at` (`idle_expires_at`),
  KEY `sessions_revoked_at` (`revoked_at`),
  KEY `sessions_unrevoked` (`account_id`,`revoked_at`,`id`),
  CONSTRAINT `sessions_account_id` FOREIGN KEY (`account_id`) REFERENCES `accounts` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C0000000070008000000500000001,0x018C0000000070008000000A00000001,3,'1@1799999980000@1799999980000 2@1799999990000@1799999990000',0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',1799996400000,1799999990000,1802588400000,1801209590000,1800000890000,NULL,NULL,1799996400000);
INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C0000000070008000000500000002,0x018C0000000070008000000A00000001,1,'',0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',1799999640000,1799999640000,1802591640000,1801209240000,1800000540000,1799999700000,0x6C6F676765645F6F7574,1799999640000);
INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C0000000070008000000500000003,0x018C0000000070008000000A00000001,1,'',0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',1796544000000,1796544000000,1799136000000,1797753600000,1796544900000,NULL,NULL,1796544000000);
INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C0000000070008000000500000004,0x018C0000000070008000000A00000007,3,'2@1799999160000@1799999160000',0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',1799998800000,1799999160000,1802590800000,1801208760000,1800000060000,1799999400000,0x726566726573685F746F6B656E5F726575736564,1799998800000);
INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C0000000070008000000500000005,0x018C0000000070008000000A00000007,2,'1@1799999280000@1799999700000',0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',1799998800000,1799999280000,1802590800000,1801208880000,1800000600000,NULL,NULL,1799998800000);
INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C0000000070008000000500000006,0x018C0000000070008000000A00000006,1,'',0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',1791360360000,1791360360000,1793952360000,1792569960000,1791361260000,1799988300000,0x6163636F756E745F64697361626C6564,1791360360000);
INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C0000000070008000000500000007,0x018C0000000070008000000A00000007,1,'',0x3139322E302E322E38,'tablet/1',1799999580000,1799999580000,1802591580000,1801209180000,1800000480000,1799999760000,0x70617373776F72645F6368616E676564,1799999580000);
INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C0000000070008000000500000009,0x018C0000000070008000000A00000002,1,'',NULL,NULL,1799996400000,1799996400000,1802588400000,1801206000000,1799997300000,NULL,NULL,1799996400000);
INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C000000007000800000050000000A,0x018C0000000070008000000A00000008,1,'',0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',1799999640000,1799999640000,1802591640000,1801209240000,1800000540000,1799999820000,0x7265766F6B65645F62795F61646D696E,1799999640000);
INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C000000007000800000050000000B,0x018C0000000070008000000A00000014,1,'',0x3139322E302E322E38,'tablet/1',1799999940000,1799999940000,1802591940000,1801209540000,1800000840000,NULL,NULL,1799999940000);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `signing_keys` (
  `purpose` varbinary(64) NOT NULL,
  `kid` varbinary(255) NOT NULL,
  `algorithm` varbinary(32) NOT NULL,
  `state` varbinary(32) NOT NULL,
  `sealed` blob NOT NULL,
  `created_at` bigint(20) NOT NULL,
  `activated_at` bigint(20) DEFAULT NULL,
  `retired_at` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`purpose`,`kid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `signing_keys` (`purpose`, `kid`, `algorithm`, `state`, `sealed`, `created_at`, `activated_at`, `retired_at`) VALUES (0x6163636573735F746F6B656E,0x465F7A7A4C6B3643316B414D5F5F3557496936656877,0x5253323536,0x72657469726564,0x01F5E04B5E44022E8BC1533500E760F85A8B81D47F528FEDB8C2F332B4C62B6DAC7BF1AF753651A16DAB2EE2B0983FDEAB46D3B7382E4664B659441A0014192D9424D851E519E79BC49546ED1952A1049BF1C6938C580B5FD5AE95965D1A6F7B334B2D679EBECE3662521DCBF6F786D0DC5564256B640C3B1D1DFA2EBAAE130495B0AB3401895F1D76DA8118F14A4F27AB315EAA8C86D62AD53DCFE6AAE7FBF6FD8663D3B549C93CEA9FACAE8C99CCF6A575F913C9AC2627A16101581D868E7F7EA15FD11A8D5DC12EC8824D1F865DB2202C2D970C955B0190F3F22FBC68DDB9E1349E64D687B63E9F15AD39B5FD3F953D28D0CBDF142D6253393732ED11B1F192DE9F18CBFFBFDC86BAE1C78FE8ED5710C83868D3B377ABA3299AF5DADFC82AF1B4F9E52D9C1102BBE418FE4B85A6AF6431B981F8EEE259ADD346531E557EAC5157146124A77194E95E51FB045B9671E68B435C044FBE97C60BFAE82FFCA7ED40D993BE8CC8D5727D39CF4C88DE7FFDF0EDB7BA1EC3544FCF3182E6A822AE4FCCA6CDE57B3F4D161FDB60C89628563C1644E0D369E3FC3328556384D1B51AE5A40B8C665BCC447329F928C5227734E0A89E79589972A9C4E16EA3C540BBA0FA7AF7C85B8504E6B63147A35ABBF6CC198EC121D0BE4A7E14127342267846DAB35C51F25AC42E50CD8DDD19A7BACB22FA36C8099285CFB64D56A83E8CE010DDF737F32416141AF59FB229D2AA4D7ABED32B45764310ADD9BCB72FF95D7187A1F40D3B9F77CEAF2DAD5C5D50BABF4AE124D428ECFED3463EFA4D09BC85D5E27E87468B89424606244F4DEC17A2C5959D2787DAA62FD89E0F3D6930638945D222D3AADE02320AF7A3A839BF86EA7C9294C674144F9D493E1AE5EE4B81BF70EC0721E0A095C189D28EF5D0F5326F5571321CCA3B2E70A0E4E301981A31DB286EA4B4B7564E8C70DE5BE6B229EA05FB2A164EDF91905B237C47897C317CD2B65BF0E366DC6BE908825FBD64E7DC2B9A06C0D605DD7BCC6D802270E07C64A6E038E4625B96C6786CDFD3479C833EB5FD1046D9881F285F1C2090C9FB87EDC9EB05411F0A4FC25C37D67DF8EF7A38A38FDAC7D75756CBDB94B59AA2DE011B1AE3121AC53B3CAEABD859C7671148EEFA1E5CBA56554B578D1228121AB53BED9509710066B39E70CAC803B6D37F9744F24AF6926307154F24ACB349069D2F40584678AD0E5B0682DA1D1F9343B2584E4E1135842D57CA5CC1AD1C9028FA1E940209301929B77D2F2D8D5A5C54057CD47450DDACED3C60345CC940295EB1CFEBFF909CC598AA9E0383BDB9E0373C5ACB9263E7428E402B69B48B4023B6CCAC31995381307C3CE4F72CA2917A978DBBE7B9CF6552E1F6B718103FFFEE6A6060D9B8281A27BBA73A49FED642886362E459BEA5E3AB9D5322B59C7B5EB2684EE4633868C08B1F6A367926D6106C032B8CEE9891667ED886D365D5BD0237557DE1D1B3F847904996D15775BE0481DC1EADFC06A24A0F2873432B00B48F039391BDC5DD34467AF8A23ACC2D780798281006D2FF789104D40AB0E0660EA16240C9B85500F014C9F04CD5F8E3A84A470F11F554A2478966D3FF929A2444C943912CFBD5FB28316F32DF50494A1152BFB934E9546D0B320698A0084CBB53571A813AD7B3F5D5767580C7DE973C1104F3759178C9FE99291AE27F7C3EC32076CF741F6E0F0A5D9A00E029FDD93ED8ED562A79BA694277A682386AB4F88682B2D02C3C3A710999065DE5AED6DAFA020BF034D398B70C3CB2A2726210545A71ED0B2AEF4DC3FB38AC069E7CE89E9872FF3A2A0068B083A8325A066E3A6702BE7B5E04F0BCB315BFD7F2234AC1AE14205EA4475827B61ACA728A83B0033CCF4C1E244E73A4346799EC0FB509EC4DC818711A3734013D81EC6B4777CA290C6FA63D4873A2BEE57DF6175B42C604CEB968E12D1FD08781697EF26E92CEDA6B0C08871CFEE66758FDC777891A32A8769D10AEAD772E2CB88A526E43D7122DFBEAEF20DCF9F9522A1232AF304CB0C35556B141228DCEC69838C5282B59BB998A099474DA2169F4966B33382BBDBD2100A034960CC9935B9F3D15B83D88CDFD8F776CEC58B980EC6A042FAF121E677C64AFA7964893F85F32A21C7528E08D6600BBE2CFCFE52BF2B03361536CD163C7B3A2F730D6C4F4A35EE8212645F5B21F7DA2DF2BDC56C9EB6540C1960EF756346D2E86DB6A2CB46DD6C8DFE70E7FA86DCB2A67E1485B92BFA755A9DA4A59400A301C4E3A06B09C488404DEBDF6010475F5BC9AEB146648DF6207F2E48F0F451C4B06A74EE28E2ED3FE1979B3A4A8FCDDC49C31E6CB96713EB71AC2A608B768AC9377624CDCD3D67F4EDBEF1088A2A22E2CC6F99DB9885F39CBB87AEC1A6CFBB75C8851BBFD4B1012277F0F78318E9198071FFD9DD02BE45B79126304BBB8B711D5775B8DA87362EC3947F95ADA56F3AD015D414EB4A37E134A6E51D0459EC21FF5737EDF6348ADC8695178C10D47316F3DC63D6259B2DFB01CA838A6A371516CCF8337AEBB0D2CF7ECC9E8F51D129DA7F4CD6B2141F2F33F309F9B2F,1799999760000,1799999820000,1799999880000);
INSERT INTO `signing_keys` (`purpose`, `kid`, `algorithm`, `state`, `sealed`, `created_at`, `activated_at`, `retired_at`) VALUES (0x6163636573735F746F6B656E,0x596775654E5A6961624C6973587A49355A3979705277,0x4553323536,0x6E657874,0x01F3E073CAB44595096B93C341C3AE960F04D0AE25B1ED3D8F1949A1C12B8577A9D3F09FC4D49BA9E71FDAE2475075CBCE0641FB9640D414DE3D9934301E74C114A94604D7B314E8A830ABCD05F2565E96011EB85D71F12209D46C0212253B7E13018BA751097C9360F87D31CE7EFCE0A10BEA9C3232D1E6941B836E8FB62095816AF6B63FAF8704142EB8A1B3CF8C06B6E26434A5BD850BCEA0121B8B4C2F2EF81B45BD16034F,1799999880000,NULL,NULL);
INSERT INTO `signing_keys` (`purpose`, `kid`, `algorithm`, `state`, `sealed`, `created_at`, `activated_at`, `retired_at`) VALUES (0x6163636573735F746F6B656E,0x657458745951515170756C304262703337334E475451,0x4564445341,0x616374697665,0x01E5BE4C4CFD8CAF21F8E86ABD0BC8E816551706DCD45C42997E00C3765A7E0F6EA5F1367A1611BC5FE4DD642D4379BB221AD90E0B102D974AA3B021E8,1799999820000,1799999880000,NULL);
INSERT INTO `signing_keys` (`purpose`, `kid`, `algorithm`, `state`, `sealed`, `created_at`, `activated_at`, `retired_at`) VALUES (0x6163636573735F746F6B656E,0x756255423064685575334741416857515F77744E7777,0x4564445341,0x7265766F6B6564,0x01A53C36D76CEC99E075852712C7D50A95A97AC6C30CF99F2707E3FAECEA9E5E9502B2E1D175F404A3591C0DC3E04522832E69CB2225501CDCDFE8D99D,1799999700000,1799999700000,1799999760000);
INSERT INTO `signing_keys` (`purpose`, `kid`, `algorithm`, `state`, `sealed`, `created_at`, `activated_at`, `retired_at`) VALUES (0x6163636573735F746F6B656E,0x7746327153347250646E534B6F746551316B477A6877,0x4853323536,0x72657469726564,0x01A8574C6FAE6D9B6F3B4A79A5A023354D3FD02708E3857E9F1EE0DF5FB859416175A0DCE0D4154F9B678F9F05F07E88476D66970BBBFE1A5CB7924A30,1799999700000,1799999760000,1799999820000);
INSERT INTO `signing_keys` (`purpose`, `kid`, `algorithm`, `state`, `sealed`, `created_at`, `activated_at`, `retired_at`) VALUES (0x726566726573685F746F6B656E,0x3436383765393635,0x484D4143,0x7265766F6B6564,0x019C442A5C3C97D714CD8F54D103CCCE479E137DF2A461F8B1EC29FDB9C7239040F2EB4003E1E8128768CAEC0AF7D38EB2E3DE4D5774A17ACD066BAE57,1799999700000,1799999700000,1799999760000);
INSERT INTO `signing_keys` (`purpose`, `kid`, `algorithm`, `state`, `sealed`, `created_at`, `activated_at`, `retired_at`) VALUES (0x726566726573685F746F6B656E,0x3633383131303539,0x484D4143,0x616374697665,0x01B2FF8786380DFFA78160C69FD6C0F9E42FA6598F2F3522D8D8363314060E35AE3DEAB4AAA817D8F26408B2DF5B93B7CB879975BB0D4EC56A7C53BB95,1799999760000,1799999820000,NULL);
INSERT INTO `signing_keys` (`purpose`, `kid`, `algorithm`, `state`, `sealed`, `created_at`, `activated_at`, `retired_at`) VALUES (0x726566726573685F746F6B656E,0x6162663732643064,0x484D4143,0x72657469726564,0x0127CD5B444516330B8A7709196FE67EC4955624441B78D62B345669C3FC7BC620E10714511857CD67FCC5FEF324F71C5A88DA58F994D574E6A682BB49,1799999700000,1799999760000,1799999820000);
INSERT INTO `signing_keys` (`purpose`, `kid`, `algorithm`, `state`, `sealed`, `created_at`, `activated_at`, `retired_at`) VALUES (0x726566726573685F746F6B656E,0x6363393463366338,0x484D4143,0x6E657874,0x015262F0BFB24055F552C84D5AFF71A6B53168055336D72C4BC01534949947455574A61E37F5967866C5265089048CD6F7D66DDF269CB48CA49EE863F2,1799999820000,NULL,NULL);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `throttles` (
  `id` binary(16) NOT NULL,
  `counted` bigint(20) NOT NULL,
  `subject` binary(16) DEFAULT NULL,
  `counter` varbinary(255) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `throttles_counted` (`counted`,`expires_at`),
  KEY `throttles_subject` (`subject`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

